"""Repair one layer: its norm, its problem, and margins raised until rounding is covered.

The slack that the deployed precision needs is known only when the change is: the bound of its error depends on the new
weights. So a change is found, checked, and found again with twice the error as required slack at the points that
are not covered, a few times (docs/weights.md). Where the bound is larger than the outputs
themselves it says nothing, and no margin is raised for it: those points are replayed in the network's own runtime, and
raised by what rounding is seen to take if it answers otherwise than required.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property, partial
from typing import TYPE_CHECKING

import numpy as np

from netmend.core.errors import UsageError
from netmend.network.backends._base import named
from netmend.network.layers import LinearLayer
from netmend.repairs.weights.activations import Activations
from netmend.repairs.weights.certify import Checked, Level, check_points, look_at, refuse_inexact
from netmend.repairs.weights.editable import editable
from netmend.repairs.weights.enclosing import Prefix
from netmend.repairs.weights.harm import classes, outputs
from netmend.repairs.weights.memory import estimated
from netmend.repairs.weights.method_choice import DEFAULT, method_for, method_named
from netmend.repairs.weights.methods._base import (
    Answer,
    Found,
    Infeasible,
    NotFound,
    Problem,
    Progress,
    WeightChange,
)
from netmend.repairs.weights.methods.linearise_solve_verify import first_step
from netmend.repairs.weights.metric import Metric, covariance
from netmend.repairs.weights.moments import second_moments
from netmend.repairs.weights.outlet import logits, outlet_of
from netmend.repairs.weights.placing import cacheable, placed, probed
from netmend.repairs.weights.regions import kinks
from netmend.repairs.weights.requirements._base import Array, Requirement
from netmend.repairs.weights.requirements.stacked import Stacked, margins_of
from netmend.repairs.weights.specification import Labels, Specification, take
from netmend.repairs.weights.subject import NetworkUnderRepair
from netmend.repairs.weights.window import SINGLE, frontier_of, products

if TYPE_CHECKING:
    from torch import Tensor

ROUNDS = 3
"""How often margins are raised. On MNIST 3x100 two rounds cover 95 to 100 of 100 points and a third changes little; in
a last layer the bound grows with the weights and never settles (own measurement)."""

SPARE = 0.01
"""Share of the margin by which more is required at first, so that the error of float64 is covered at once."""

TINY = 1e-6
"""The same where no margin is required, as a share of the outputs: a thousand times the float64 error of small nets."""

TINY_SINGLE = 1e-4
"""The same where the search computes in float32: ten times the error of float32 on the networks above."""

RAISE_COSTS = 0.005
"""Loss on held-out inputs, as a fraction, that a raised margin may cost; more than that, and the points are replayed
instead (own choice: half a point of accuracy for a guarantee in any order of summation)."""

RAISE_GROWS = 2.0
"""The same where no held-out inputs are given, as the factor by which the norm of the change may grow."""

MOST_KEPT, FEWEST, PRODUCTS_KEPT = 500, 32, 2e10
"""Reference inputs whose answers are kept, unless a pass over them takes more multiplications; the fewest (own choice:
a second or two for a pass). On two networks of our own this cut drawdown by up to two thirds (docs/weights.md)."""

KEPT_ITERATIONS = 15
"""Linearisations with them, before the points are mended without: twice what most repairs take (own measurement)."""

NAMED = 3
"""Layers whose exclusion an error explains."""


@dataclass(frozen=True, slots=True, eq=False)
class Attempt:
    """What came of one layer."""

    layer: LinearLayer
    answer: Answer
    checked: Checked | None = None
    seconds: float = 0.0


@dataclass
class Workshop:
    """Repairs layers of one subject.

    Attributes:
        norm: "l2", "covariance" or "l1-linf". method: name of the method.
        preserve: the present answers to every second reference input are to be kept, where that can be and where no
            other points to keep are given. The others go on to say what a repair costs.
        products: multiplications that one point takes. layers: the candidates. editable: those and the others.
        loss: of a change on the held-out inputs for choosing, a fraction; None if there are none.
    """

    subject: NetworkUnderRepair
    norm: str
    method: str
    progress: Progress
    loss: Callable[[WeightChange], float] | None = None
    deadline: float = float("inf")
    preserve: bool = False
    _metrics: dict[str, Metric] = field(default_factory=dict)
    _probes: dict[str, WeightChange | None] = field(default_factory=dict)
    _repaired: dict[str, Attempt] = field(default_factory=dict)
    _checked: dict[str, Checked] = field(default_factory=dict)
    _first: dict[str, tuple[Problem | None, Answer]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        import torch

        from netmend.network.evaluate import as_tensor, forward

        graph = self.subject.network.graph
        feeds = named(graph, self.subject.specification.inputs)
        self._tensors = probed(graph, feeds)
        self._outlet = outlet_of(graph, self.subject.specification.requirement, self._tensors)
        self.products = products(graph, self._tensors)
        self._activations = Activations(graph, feeds)
        self.prefix = Prefix(activations=self._activations)
        self._single = self.products * len(self.subject.specification) > SINGLE
        first = {name: as_tensor(value[:1]) for name, value in feeds.items()}
        with torch.no_grad():
            outputs = forward(graph, first, keep=[self._outlet.tensor])[self._outlet.tensor]
        self._size = float(outputs.square().mean().sqrt())
        self.editable = editable(self.subject.network, self._tensors, placed(graph, feeds))
        self.layers = self.editable.layers
        if not self.layers:
            hint = "see docs/weights.md for the layers that can be changed"
            why = "; ".join(f"{name}: {reason}" for name, reason in list(self.editable.excluded.items())[:NAMED])
            raise UsageError("the network has no layer whose weights can be changed", where=why, hint=hint)
        self._method = method_named(method_for(self.method, self.subject.specification), self.norm)
        if self.subject.keep is not None:
            both = (self.subject.specification, self.subject.keep)
            outlet_of(graph, Stacked(tuple((each.requirement, len(each)) for each in both)), self._tensors)
        if self.subject.level is Level.EXACT:
            refuse_inexact(graph, feeds, self.output)
        if self.subject.specification.polytopes:
            # Refused here, before any layer is tried.
            kinks(graph, self._outlet.tensor)

    @property
    def output(self) -> str:
        """The tensor that the requirement reads."""
        return self._outlet.tensor

    @property
    def threshold(self) -> float:
        """At which a single output turns from class 0 to class 1 there."""
        requirement = self._outlet.requirement
        first = requirement.parts[0][0] if isinstance(requirement, Stacked) else requirement
        return first.threshold if isinstance(first, Labels) else 0.0

    @property
    def any_layer(self) -> bool:
        """Whether the method changes the same layers, whichever is asked for."""
        return self._method.any_layer

    def metrics(self, layers: tuple[LinearLayer, ...]) -> None:
        """Prepare the norms of several layers in one pass over the reference inputs."""
        missing = [layer for layer in layers if layer.node not in self._metrics]
        if self.norm != "covariance":
            self._metrics.update({layer.node: Metric(self.norm) for layer in missing})
        elif missing:
            assert self.subject.reference is not None
            graph = self.subject.network.graph
            met = partial(self._before, missing[0]) if len(missing) == 1 else None
            found = second_moments(graph, missing, named(graph, self.subject.reference), met)
            self._metrics.update({node: covariance(moment) for node, moment in found.items()})

    def _before(self, layer: LinearLayer, feeds: Mapping[str, Array]) -> Mapping[str, Tensor]:
        """What everything from a layer on is computed from, in float32, for some inputs."""
        import torch

        network = self.subject.network
        names = frontier_of(network.graph, layer, cacheable(network.graph, feeds), self.output)
        return self._activations.of(names, feeds, torch.float32)

    def problem(self, layer: LinearLayer, required: Array | None = None) -> Problem:
        """The problem of repairing a layer, with the least slack that the points need."""
        subject = self.subject
        specification = replace(subject.specification, requirement=self._outlet.requirement)
        keep = subject.keep
        if keep is not None:
            keep = replace(keep, requirement=self._outlet_of(keep.requirement))
        return Problem(
            network=subject.network,
            specification=specification,
            layer=layer,
            metric=self._metric(layer),
            output=self.output,
            required=self.least() if required is None else required,
            keep=keep,
            kept=None if keep is None else self._with_spare(keep),
            limits=replace(subject.limits, seconds=self._left()),
            single=self._single,
            metric_of=self._metric,
            activations=self._activations,
        )

    def _outlet_of(self, requirement: Requirement) -> Requirement:
        return outlet_of(self.subject.network.graph, requirement, self._tensors).requirement

    def _metric(self, layer: LinearLayer) -> Metric:
        self.metrics((layer,))
        return self._metrics[layer.node]

    def _left(self) -> float:
        return min(self.subject.limits.seconds, self.deadline - time.monotonic())

    def least(self) -> Array:
        """The slack each point needs at first, (N,)."""
        return self._with_spare(self.subject.specification)

    def _with_spare(self, specification: Specification) -> Array:
        """The margin of each point and a little more, so that rounding does not undercut it, (N,)."""
        margins = margins_of(specification.requirement, len(specification))
        return margins + np.maximum(SPARE * margins, (TINY_SINGLE if self._single else TINY) * self._size)

    def probe(self, layer: LinearLayer) -> WeightChange | None:
        """The first step at a layer."""
        if layer.node not in self._probes:
            too_large = self.refusal(layer)
            self._probes[layer.node] = None if too_large else first_step(self.problem(layer))
        return self._probes[layer.node]

    def refusal(self, layer: LinearLayer) -> str:
        """Why a layer is not even tried: it would take more memory than allowed. Empty if it may be."""
        points = len(self.subject.specification) + (len(self.subject.keep) if self.subject.keep is not None else 0)
        graph = self.subject.network.graph
        last = not graph.after([layer.output]) or layer.output == self.output
        weighted = self.norm == "covariance"
        bytes_ = estimated(graph, layer, points, self._tensors, weighted=weighted, last=last)
        if self.norm == "l1-linf":
            bytes_ += 8 * 6 * points * layer.size
        if bytes_ <= self.subject.limits.memory:
            return ""
        return f"it needs about {bytes_ / 2**30:.2g} GiB and {self.subject.limits.memory / 2**30:.2g} GiB are allowed"

    def look(self, answers: Array) -> Checked:
        """What holds at the points of the network as it is, which answers this in its own runtime, (N, C)."""
        of, likely = self.subject, (self.layers[-1].weight,)
        return look_at(of.network, of.specification, of.level, answers, self.prefix, likely)

    def check(self, change: WeightChange) -> Checked:
        """What is known of the points after a change, found out once."""
        if change.id not in self._checked:
            of, changed = self.subject, change.changed
            self._checked[change.id] = check_points(of.network, of.specification, of.level, changed, self.prefix)
        return self._checked[change.id]

    def tried(self, layers: tuple[LinearLayer, ...]) -> list[Answer]:
        """The first proposal at each layer, neither checked nor with raised margins; worked out once."""
        waiting = [layer for layer in layers if layer.node not in self._first]
        refusals = {layer.node: self.refusal(layer) for layer in waiting}
        self.metrics(tuple(layer for layer in waiting if not refusals[layer.node]))
        for layer in waiting:
            if refusals[layer.node]:
                self._first[layer.node] = None, NotFound(refusals[layer.node], np.inf)
                continue
            problem = self.problem(layer)
            wanted = self.preserve and self.method == DEFAULT and problem.keep is None
            present = self._present if wanted else None
            if present is not None:
                kept = np.full(len(present), present.requirement.margin * (1 + SPARE))
                limits = replace(problem.limits, iterations=KEPT_ITERATIONS, again=False)
                self._first[layer.node] = self._proposed(replace(problem, keep=present, kept=kept, limits=limits))
            if present is None or isinstance(self._first[layer.node][1], NotFound | Infeasible):
                self._first[layer.node] = self._proposed(problem)
        return [self._first[layer.node][1] for layer in layers]

    def _proposed(self, problem: Problem) -> tuple[Problem, Answer]:
        return problem, self._method.propose(problem, self.progress)

    @cached_property
    def _present(self) -> Specification | None:
        """The present answers to every second reference input, where they are clear by the margin; None for regions and
        networks without classes."""
        subject, requirement = self.subject, self.subject.specification.requirement
        if subject.reference is None or not isinstance(requirement, Labels) or subject.specification.polytopes:
            return None
        most = max(FEWEST, min(MOST_KEPT, int(PRODUCTS_KEPT / max(self.products, 1))))
        inputs = take(take(subject.reference, slice(0, None, 2)), slice(0, most))
        answers = logits(subject.network.graph, outputs(subject.network, inputs))
        clear = Specification(inputs, Labels(classes(answers), requirement.margin))
        held = np.flatnonzero(clear.requirement.slack(answers) >= requirement.margin * (1 + SPARE))
        return replace(clear, requirement=self._outlet_of(clear.requirement)).select(held) if len(held) else None

    def repaired(self, layer: LinearLayer) -> Attempt:
        """The best change of one layer that could be found, or why there is none; worked out once."""
        if layer.node not in self._repaired:
            self._repaired[layer.node] = self._attempt(layer)
        return self._repaired[layer.node]

    def _attempt(self, layer: LinearLayer) -> Attempt:
        started = time.monotonic()
        self.tried((layer,))
        problem, answer = self._first.pop(layer.node)
        required, best, self.prefix = self.least(), None, Prefix(activations=self._activations)
        for round_ in range(1 + ROUNDS):
            if not isinstance(answer, Found):
                break
            checked = self.check(answer.change)
            self.progress(f"{layer.name}: {checked.sentence()}")
            if best is None or self._better(checked, answer.change, best):
                best = Attempt(layer, answer, checked, time.monotonic() - started)
            raised = self._raised(required, checked)
            if round_ == ROUNDS or np.array_equal(raised, required) or time.monotonic() > self.deadline:
                break
            self.progress(f"{layer.name}: {int(np.count_nonzero(raised > required))} margins raised to cover rounding")
            assert problem is not None
            required, left = raised, replace(problem.limits, seconds=self._left())
            problem = replace(problem, required=required, start=answer.change.changed, limits=left)
            answer = self._method.propose(problem, self.progress)
        return best or Attempt(layer, answer, None, time.monotonic() - started)

    def _raised(self, required: Array, checked: Checked) -> Array:
        """Slack to require next: twice the error where it is not covered, and the bound says anything at all.

        Where it says nothing and the network's own runtime answers otherwise than required, rounding has taken more
        than there was: twice the most that it is seen to take from a point is required of all that have less.
        """
        margin = checked.required
        raised = np.where(checked.proved, required, np.maximum(required, margin + 2 * checked.error))
        if checked.deployed_error is not None:
            telling = ~checked.covered & (checked.deployed_error < self._size)
            raised = np.where(telling, np.maximum(raised, 2 * checked.deployed_error), raised)
        if checked.replayed is not None and checked.deployed_by[2].any():
            rounding = np.abs(checked.slack - checked.replayed)[~checked.covered].max()
            short = ~checked.covered & (checked.replayed < rounding)
            raised = np.where(short, np.maximum(raised, margin + 2 * rounding), raised)
        usable = np.isfinite(raised) & (raised < margin + 10 * self._size)
        return np.where(usable, raised, required)

    def _better(self, checked: Checked, change: WeightChange, best: Attempt) -> bool:
        """More is answered as required; or more is proved; or more is covered at a price that is worth it."""
        assert best.checked is not None and isinstance(best.answer, Found)
        if checked.evaluated.sum() != best.checked.evaluated.sum():
            return bool(checked.evaluated.sum() > best.checked.evaluated.sum())
        if checked.proved.sum() != best.checked.proved.sum():
            return bool(checked.proved.sum() > best.checked.proved.sum())
        if checked.covered.sum() <= best.checked.covered.sum():
            return False
        if self.loss is not None:
            return self.loss(change) <= self.loss(best.answer.change) + RAISE_COSTS
        return change.norm <= RAISE_GROWS * best.answer.change.norm

"""What is known of a repaired network at the stated points, found out without the solver, and in which arithmetic.

float64    The exact outputs of the network with its weights as they are stored: evaluated in float64, with a bound of
           the rounding error of that evaluation (`netmend.network.bounds`). The requirement holds with its margin.
           Where that bound is too wide, the same in fixed-point arithmetic, if that is quick.
deployed   What the network's own runtime computes, in its own precision. By a bound, for any order of summation, where
           the bound is smaller than the slack; for other points by a replay in that runtime, on this machine, which
           shows it for this runtime and no other.
exact      The exact outputs, in rational arithmetic, without any rounding, for small networks of sums and maxima; for
           larger ones in fixed-point arithmetic of so many bits that its error bound does not matter.

deployed and exact include float64.

Regions are shown at their vertices, where the sign of every unit is checked too: then the exact network is affine in
the region (`netmend.repairs.weights.regions`) and what holds at all vertices holds in all of it. The bound of the
deployed precision is convex there, so it covers the region as well; a replay is of the vertices only.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from typing import TYPE_CHECKING

import numpy as np

from netmend.core.errors import NetmendError, UnsupportedModel, UsageError
from netmend.network.backends._base import Network, named
from netmend.network.exact import inexact
from netmend.network.fixed import can_enclose
from netmend.network.graph import Graph
from netmend.repairs.weights.enclosing import Bounded, Prefix, before, bounded
from netmend.repairs.weights.outlet import Outlet, outlet_of, read
from netmend.repairs.weights.placing import PLAIN, probed
from netmend.repairs.weights.proving import Longer, parts, straight_points
from netmend.repairs.weights.requirements._base import Array
from netmend.repairs.weights.requirements.stacked import margins_of
from netmend.repairs.weights.specification import Specification, count, take
from netmend.repairs.weights.window import chunk_of, lively_chunk, products

if TYPE_CHECKING:
    from torch import Tensor

SMALL = 1_000_000
"""Products of one point up to which rational arithmetic is used for --precision exact: about 0.3 s a point (own
measurement); larger networks are proved in fixed-point arithmetic."""


class Level(StrEnum):
    """In which arithmetic the requirement is to hold."""

    FLOAT64 = "float64"
    DEPLOYED = "deployed"
    EXACT = "exact"


@dataclass(frozen=True, slots=True, eq=False)
class Checked:
    """What is known of each of N points.

    Attributes:
        slack: by our evaluation in float64. error: how far that may be from the exact slack; infinite if unknown.
        required: slack that the exact network must have.
        deployed_error: how far the slack in deployed precision may be from ours; None if not asked for.
        replayed: slack of the network's own runtime, from its outputs; None if not asked for.
        strict: the replayed slack must exceed zero and not only reach it; for all points, or (N,).
        exact: the exact slack; None if not asked for.
        unbounded: why there is no error bound; empty if there is one.
        straight: points of regions in which every unit has one sign, error bounds included, so that the network is
            one affine function there; a point without a region is one by itself. None if there are no regions.
        polytopes: the regions.
        bits: of the fixed-point arithmetic that was needed where the bound of float64 was too wide; 0 if it was not.
        lengths: bits of each point, (N,); None if none needed any.
        remedy: what would show the rest; empty if nothing is known to, or nothing is left.
    """

    slack: Array
    error: Array
    required: Array
    deployed_error: Array | None = None
    replayed: Array | None = None
    strict: bool | Array = True
    exact: tuple[Fraction, ...] | None = None
    unbounded: str = ""
    straight: Array | None = None
    polytopes: tuple[range, ...] = ()
    bits: int = 0
    lengths: Array | None = None
    remedy: str = ""

    @property
    def shown_by(self) -> tuple[str, ...]:
        """In which arithmetic each point was shown for the exact network; "evaluation" where no bound reaches."""
        if self.exact is not None:
            return tuple("rational" if proved else "evaluation" for proved in self.proved)
        lengths = np.zeros(len(self.slack), dtype=int) if self.lengths is None else self.lengths
        return tuple(
            "evaluation" if not proved else f"fixed point, {bits} bits" if bits else "float64 bound"
            for proved, bits in zip(self.proved, lengths, strict=True)
        )

    @property
    def proved(self) -> Array:
        """Points at which the exact network has its slack, and in their whole region with all its vertices, (N,)."""
        if self.exact is not None:
            enough = [value >= Fraction(float(needed)) for value, needed in zip(self.exact, self.required, strict=True)]
            known = np.array(enough, dtype=bool)
        else:
            known = self.slack - self.error >= self.required
        return known if self.straight is None else known & self.straight

    @property
    def regions(self) -> int:
        """Regions in all of which the exact network has its slack."""
        proved = self.proved
        return sum(bool(proved[region.start : region.stop].all()) for region in self.polytopes)

    @property
    def covered(self) -> Array:
        """Points at which the bound covers the deployed precision, (N,)."""
        if self.deployed_error is None:
            return np.zeros(len(self.slack), dtype=bool)
        known: Array = self.slack - self.deployed_error > 0
        return known

    @property
    def answered(self) -> Array:
        """Points at which the network's own runtime answers as required, (N,)."""
        if self.replayed is None:
            return np.ones(len(self.slack), dtype=bool)
        known: Array = np.where(self.strict, self.replayed > 0, self.replayed >= 0)
        return known

    @property
    def deployed_by(self) -> tuple[Array, Array, Array]:
        """Points whose deployed precision a bound covers, a replay does, and neither: the replay answers otherwise."""
        return self.covered, ~self.covered & self.answered, ~self.covered & ~self.answered

    @property
    def evaluated(self) -> Array:
        """Points that have their slack by evaluation, error bounds left aside, and answer as required, (N,).

        A point of a region has it only if the region is straight.
        """
        enough: Array = (self.slack >= self.required) & self.answered
        return enough if self.straight is None else enough & self.straight

    @property
    def holds(self) -> Array:
        """Points at which everything asked for is shown, (N,)."""
        return self.proved & (self.covered | self.answered)

    def sentence(self) -> str:
        """What is shown, for a person."""
        points = len(self.slack)
        shown, how = (self.evaluated, "met by evaluation") if self.unbounded else (self.holds, "shown")
        said = [f"{int(shown.sum())} of {points} points {how}"]
        if self.polytopes:
            said[:0] = [f"{self.regions} of {len(self.polytopes)} whole regions proved for the exact network"]
        if self.exact is not None:
            said.append("in exact rational arithmetic")
        elif self.unbounded:
            said.append(f"without an error bound ({self.unbounded})")
        else:
            where = f"fixed-point (2^-{self.bits})" if self.bits else "float64"
            said.append(f"with a {where} error bound of at most {float(self.error.max(initial=0.0)):.2g}")
        if self.deployed_error is not None:
            covered, replayed, missed = (int(np.count_nonzero(each)) for each in self.deployed_by)
            said.append(f"the deployed precision covered by a bound at {covered}, by a replay at {replayed}")
            said += [f"at {missed} the replay does not answer as required"] if missed else []
        said += [self.remedy] if self.remedy else []
        return "; ".join(said)


def check_points(
    network: Network,
    specification: Specification,
    level: Level,
    changed: Mapping[str, Array] | None = None,
    prefix: Prefix | None = None,
) -> Checked:
    """Find out what holds at the points of a specification.

    Args:
        changed: constants in place of the stored ones, in the types in which they are stored.
        prefix: what is remembered from checking another change of the same constants at the same points.

    Raises:
        UsageError: exact arithmetic was asked for and the network is not made for it.
    """
    graph = network.graph.with_constants(changed or {})
    requirement = specification.requirement
    feeds = named(graph, specification.inputs)
    probe = probed(network.graph, feeds)
    outlet = outlet_of(graph, requirement, probe)
    required = margins_of(requirement, len(specification))
    step = chunk_of(probe)
    unbounded, remedy, deployed_error, replayed, exact, lengths = "", "", None, None, None, None
    polytopes = specification.polytopes or ()
    straight = straight_points(graph, feeds, outlet, step, polytopes) if polytopes else None
    precision = _precision(graph)
    precisions = tuple(dict.fromkeys(["float64", *([precision] if level is Level.DEPLOYED else [])]))
    known = bounded(graph, feeds, outlet, step, precisions, tuple(changed or ()), prefix)
    fine = known["float64"]
    if isinstance(fine, Bounded):
        slack, error = fine.slack, fine.error
    else:
        slack = _evaluated(graph, feeds, outlet, step, probe, tuple(changed or ()), prefix)
        unbounded = str(fine.what)
        error = np.full(len(slack), np.inf)
    lacking = np.flatnonzero((slack - error < required) & (slack >= required))
    terms = products(graph, probe)
    if len(lacking) and np.all(np.isfinite(slack)):
        longer = Longer(graph, feeds, outlet, step, terms, unlimited=level is Level.EXACT)
        lengths, remedy = longer.narrowed(lacking, slack, error, required)
        unbounded = "" if np.all(lengths > 0) else unbounded
    bits = 0 if lengths is None else int(lengths.max(initial=0))
    if level is Level.DEPLOYED:
        coarse = known[precision]
        deployed_error = error + coarse.error if isinstance(coarse, Bounded) else np.full(len(slack), np.inf)
        outputs = network.run(specification.inputs, changed).astype(np.float64)
        replayed = requirement.slack(read(graph, requirement, outputs.reshape(len(outputs), -1)))
    if level is Level.EXACT and (terms <= SMALL or (not bits and len(lacking))):
        exact = _exactly(graph, feeds, outlet)
    strict = required > 0
    return Checked(
        slack,
        error,
        required,
        deployed_error,
        replayed,
        strict,
        exact,
        unbounded,
        straight,
        tuple(polytopes),
        bits,
        lengths,
        remedy,
    )


def look_at(
    network: Network,
    specification: Specification,
    level: Level,
    answers: Array | None = None,
    prefix: Prefix | None = None,
    next_: Sequence[str] = (),
) -> Checked:
    """What holds at the points of a network as it is; without error bounds where some point misses what is required.

    The slack is read where that of a repair will be: a runtime's answers do not tell how far a saturated softmax or
    sigmoid is from what is required.

    Args:
        level: in which everything is checked if no point misses it.
        answers: of the network's own runtime, (N, C), if they are known already.
        prefix: where what is found out for a check of changes is remembered. next_: constants that will likely change.
    """
    if answers is None:
        answers = network.run(specification.inputs).astype(np.float64)
    graph, requirement = network.graph, specification.requirement
    replayed = requirement.slack(read(graph, requirement, answers.reshape(len(answers), -1)))
    slack, feeds = replayed, named(graph, specification.inputs)
    probe = probed(graph, feeds)
    outlet = outlet_of(graph, requirement, probe)
    if outlet.tensor != graph.outputs[0].name:
        slack = _evaluated(graph, feeds, outlet, chunk_of(probe), probe, next_, prefix)
    required = margins_of(requirement, len(specification))
    if np.all(slack >= required):
        return check_points(network, specification, level)
    unknown = np.full(len(slack), np.inf)
    polytopes = tuple(specification.polytopes or ())
    why = "none was computed, because a point misses what is required"
    return Checked(slack, unknown, required, replayed=replayed, unbounded=why, polytopes=polytopes)


def _evaluated(
    graph: Graph,
    feeds: Mapping[str, Array],
    outlet: Outlet,
    step: int,
    probe: Mapping[str, Tensor],
    changed: Sequence[str],
    prefix: Prefix | None,
) -> Array:
    """Slack in float64; what lies before the changed constants is evaluated once for all changes of them."""
    import torch

    from netmend.network.evaluate import as_tensor, forward

    begin = before(graph, changed, outlet.tensor) if prefix is not None and changed else ()
    known = prefix.activations if prefix is not None and begin else None
    places = known.places(feeds) if known is not None else {}
    if known is None or not places.keys() >= set(begin):
        given, step = {name: as_tensor(value) for name, value in feeds.items()}, max(step, lively_chunk(graph, probe))
    else:
        given = known.of(begin, feeds, torch.float64)
    values = []
    with torch.no_grad():
        for part in parts(feeds, step):
            some = {name: places.get(name, PLAIN).back(value[part]) for name, value in given.items()}
            value = forward(graph, some, keep=[outlet.tensor])[outlet.tensor]
            values.append(value.reshape(len(value), -1).numpy())
    return outlet.requirement.slack(np.concatenate(values))


def _exactly(graph: Graph, feeds: Mapping[str, Array], outlet: Outlet) -> tuple[Fraction, ...]:
    values = _rational(graph, feeds, outlet.tensor)
    return tuple(Fraction(each) for each in outlet.requirement.slack(values))


def _rational(graph: Graph, feeds: Mapping[str, Array], tensor: str) -> Array:
    """A tensor of each point, (N, C), as fractions."""
    from netmend.network.exact import evaluate_exactly

    values = []
    for part in parts(feeds, 1):
        try:
            found = evaluate_exactly(graph, {name: feeds[name][part] for name in feeds}, keep=[tensor])
        except (UnsupportedModel, MemoryError) as error:
            where = f"{error.where}, {error.what}" if isinstance(error, NetmendError) else ""
            raise _not_exact(where) from error
        value = found[tensor]
        values.append((value.numbers.astype(object) * value.scale).reshape(1, -1))
    return np.concatenate(values)


def refuse_inexact(graph: Graph, feeds: Mapping[str, Array], tensor: str) -> None:
    """See that exact arithmetic can show anything of a tensor, before a change is looked for.

    Args:
        feeds: the points, by name; of a small network the first one is evaluated.

    Raises:
        UsageError: it can be evaluated neither in rational nor in fixed-point arithmetic.
    """
    if products(graph, probed(graph, feeds)) <= SMALL:
        _rational(graph, {name: value[:1] for name, value in feeds.items()}, tensor)
    elif not can_enclose(graph) and (node := inexact(graph, [tensor])) is not None:
        raise _not_exact(f"node {node.name!r}, {node.op}")


def _not_exact(where: str) -> UsageError:
    hint = "use --precision deployed or --precision float64"
    return UsageError("this network cannot be evaluated exactly", where=where, hint=hint)


def _precision(graph: Graph) -> str:
    """The floating-point type that most numbers of the network are stored in."""
    sizes: dict[str, int] = {}
    for value in graph.constants.values():
        if value.dtype.kind == "f" or value.dtype.name == "bfloat16":
            sizes[value.dtype.name] = sizes.get(value.dtype.name, 0) + value.size
    return max(sizes, key=lambda name: sizes[name], default="float32")


def outputs_of(network: Network, specification: Specification) -> int:
    """How many outputs a point has, by running the network on the first one."""
    first = network.run(take(specification.inputs, np.arange(min(1, count(specification.inputs)))))
    return int(first.reshape(len(first), -1).shape[1])

"""What is known of a repaired network at the stated points, found out without the solver, and in which arithmetic.

float64    The exact outputs of the network with its weights as they are stored: evaluated in float64, with a bound of
           the rounding error of that evaluation (`netmend.network.bounds`). The requirement holds with its margin.
deployed   What the network's own runtime computes, in its own precision. By a bound, for any order of summation, where
           the bound is smaller than the slack; for other points by a replay in that runtime, on this machine, which
           shows it for this runtime and no other.
exact      The exact outputs, in rational arithmetic, without any rounding; for small networks of sums and maxima.

deployed and exact include float64.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction

import numpy as np

from netmend.core.errors import NetmendError, NoErrorBound, UnsupportedModel, UsageError
from netmend.network.backends._base import Network, named
from netmend.network.graph import Graph
from netmend.repairs.weights.outlet import Outlet, outlet_of
from netmend.repairs.weights.requirements._base import Array
from netmend.repairs.weights.specification import Specification, count, take
from netmend.repairs.weights.window import chunk_of, probed


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
        strict: the replayed slack must exceed zero and not only reach it.
        exact: the exact slack; None if not asked for.
        unbounded: why there is no error bound; empty if there is one.
    """

    slack: Array
    error: Array
    required: Array
    deployed_error: Array | None = None
    replayed: Array | None = None
    strict: bool = True
    exact: tuple[Fraction, ...] | None = None
    unbounded: str = ""

    @property
    def proved(self) -> Array:
        """Points at which the exact network has its slack, (N,)."""
        if self.exact is not None:
            enough = [value >= Fraction(float(needed)) for value, needed in zip(self.exact, self.required, strict=True)]
            return np.array(enough, dtype=bool)
        known: Array = self.slack - self.error >= self.required
        return known

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
        return self.replayed > 0 if self.strict else self.replayed >= 0

    @property
    def evaluated(self) -> Array:
        """Points that have their slack by evaluation, error bounds left aside, and answer as required, (N,)."""
        return (self.slack >= self.required) & self.answered

    @property
    def holds(self) -> Array:
        """Points at which everything asked for is shown, (N,)."""
        return self.proved & (self.covered | self.answered)

    def sentence(self) -> str:
        """What is shown, for a person."""
        points = len(self.slack)
        said = [f"{int(self.holds.sum())} of {points} points shown"]
        if self.exact is not None:
            said.append("in exact rational arithmetic")
        elif self.unbounded:
            said.append(f"without an error bound ({self.unbounded})")
        else:
            said.append(f"with a float64 error bound of at most {float(self.error.max(initial=0.0)):.2g}")
        if self.deployed_error is not None:
            covered = int(self.covered.sum())
            said.append(f"the deployed precision covered by a bound at {covered}, by a replay at {points - covered}")
        return "; ".join(said)


def check_points(
    network: Network, specification: Specification, level: Level, changed: Mapping[str, Array] | None = None
) -> Checked:
    """Find out what holds at the points of a specification.

    Args:
        changed: constants in place of the stored ones, in the types in which they are stored.

    Raises:
        UsageError: exact arithmetic was asked for and the network is not made for it.
    """
    graph = network.graph.with_constants(changed or {})
    requirement = specification.requirement
    feeds = named(graph, specification.inputs)
    probe = probed(graph, feeds)
    outlet = outlet_of(graph, requirement, probe[graph.outputs[0].name].numel() // 2)
    required = np.full(len(specification), requirement.margin)
    step = chunk_of(probe)
    unbounded, deployed_error, replayed, exact = "", None, None, None
    try:
        slack, error = _bounded(graph, feeds, outlet, step, "float64")
    except NoErrorBound as found:
        slack, unbounded = _evaluated(graph, feeds, outlet, step), str(found.what)
        error = np.full(len(slack), np.inf)
    if level is Level.DEPLOYED:
        try:
            deployed_error = error + _bounded(graph, feeds, outlet, step, _precision(graph))[1]
        except NoErrorBound:
            deployed_error = np.full(len(slack), np.inf)
        outputs = network.run(specification.inputs, changed).astype(np.float64)
        replayed = requirement.slack(outputs.reshape(len(outputs), -1))
    if level is Level.EXACT:
        exact = _exactly(graph, feeds, outlet)
    strict = requirement.margin > 0
    return Checked(slack, error, required, deployed_error, replayed, strict, exact, unbounded)


def _bounded(
    graph: Graph, feeds: Mapping[str, Array], outlet: Outlet, step: int, precision: str
) -> tuple[Array, Array]:
    """Slack, and how far it may be off, of each point."""
    from netmend.network.bounds import bounds

    slacks, errors = [], []
    for part in _parts(feeds, step):
        found = bounds(graph, {name: feeds[name][part] for name in feeds}, precision=precision, keep=[outlet.tensor])
        enclosure = found[outlet.tensor]
        value = enclosure.value.reshape(len(enclosure.value), -1).numpy()
        error = np.zeros_like(value) if enclosure.error is None else enclosure.error.reshape(value.shape).numpy()
        requirement = outlet.requirement.select(np.arange(part.start, part.start + len(value)))
        slack = requirement.slack(value)
        with np.errstate(invalid="ignore"):
            off = slack - requirement.slack(value, error)
        slacks.append(slack)
        errors.append(np.where(np.isnan(off), np.inf, off))
    return np.concatenate(slacks), np.concatenate(errors)


def _evaluated(graph: Graph, feeds: Mapping[str, Array], outlet: Outlet, step: int) -> Array:
    import torch

    from netmend.network.evaluate import as_tensor, forward

    values = []
    with torch.no_grad():
        for part in _parts(feeds, step):
            given = {name: as_tensor(feeds[name][part]) for name in feeds}
            value = forward(graph, given, keep=[outlet.tensor])[outlet.tensor]
            values.append(value.reshape(len(value), -1).numpy())
    return outlet.requirement.slack(np.concatenate(values))


def _exactly(graph: Graph, feeds: Mapping[str, Array], outlet: Outlet) -> tuple[Fraction, ...]:
    from netmend.network.exact import evaluate_exactly

    slacks: list[Fraction] = []
    for part in _parts(feeds, 1):
        try:
            found = evaluate_exactly(graph, {name: feeds[name][part] for name in feeds}, keep=[outlet.tensor])
        except (UnsupportedModel, MemoryError) as error:
            where = error.where if isinstance(error, NetmendError) else ""
            hint = "use --precision deployed or --precision float64"
            raise UsageError("this network cannot be evaluated exactly", where=where, hint=hint) from error
        value = found[outlet.tensor]
        exact = (value.numbers.astype(object) * value.scale).reshape(1, -1)
        slacks.append(Fraction(outlet.requirement.select(np.array([part.start])).slack(exact)[0]))
    return tuple(slacks)


def _precision(graph: Graph) -> str:
    """The floating-point type that most numbers of the network are stored in."""
    sizes: dict[str, int] = {}
    for value in graph.constants.values():
        if value.dtype.kind == "f" or value.dtype.name == "bfloat16":
            sizes[value.dtype.name] = sizes.get(value.dtype.name, 0) + value.size
    return max(sizes, key=lambda name: sizes[name], default="float32")


def _parts(feeds: Mapping[str, Array], step: int) -> list[slice]:
    points = len(next(iter(feeds.values())))
    return [slice(start, min(start + step, points)) for start in range(0, points, step)]


def outputs_of(network: Network, specification: Specification) -> int:
    """How many outputs a point has, by running the network on the first one."""
    first = network.run(take(specification.inputs, np.arange(min(1, count(specification.inputs)))))
    return int(first.reshape(len(first), -1).shape[1])

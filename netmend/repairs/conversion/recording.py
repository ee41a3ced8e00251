"""What each side answers in its own runtime, in a replay in float64, and how much rounding may amount to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from netmend.core.errors import NetmendError, UnsupportedModel, UsageError
from netmend.network.agreement import LOOSE
from netmend.network.backends._base import Network, Rewritable
from netmend.network.evaluate import run
from netmend.network.graph import Array, Graph, Signature
from netmend.repairs.conversion.distance import differences
from netmend.repairs.conversion.grids import coarse, noise, scheme_step
from netmend.repairs.conversion.layouts import layouts
from netmend.repairs.conversion.localise import COARSE_MARGIN, FLOOR, MARGIN
from netmend.repairs.conversion.requirement._base import Answers

REPLAYED = 8
"""Rows that are replayed in float64 to see what rounding does (own choice)."""

AT_ONCE = 32
"""Rows that are run at once, so that the memory of a pass stays small."""


@dataclass(frozen=True, slots=True, eq=False)
class Recorded:
    """One side.

    Attributes:
        outputs: by name, in its own runtime. failure: why there are none; empty if there are.
        rounding: by output, the largest difference of runtime and replay.
        coarse: by output, the same between two roundings of constants that are stored coarsely; zero if none are.
    """

    outputs: Mapping[str, Array]
    rounding: Mapping[str, float]
    coarse: Mapping[str, float]
    failure: str = ""


def own_outputs(network: Network, feeds: Mapping[str, Array]) -> dict[str, Array]:
    """Every output in the network's own runtime.

    Raises:
        UsageError, UnsupportedModel: the runtime does not run it.
    """
    if not isinstance(network, Rewritable):
        return {network.graph.outputs[0].name: network.run(feeds)}
    rows = len(next(iter(feeds.values())))
    parts = [
        network.outputs({name: value[start : start + AT_ONCE] for name, value in feeds.items()})
        for start in range(0, rows, AT_ONCE)
    ]
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}


def recorded(network: Network, feeds: Mapping[str, Array]) -> Recorded:
    """Run one side, and replay some rows; a network that does not run is recorded too."""
    names = [each.name for each in network.graph.outputs]
    try:
        outputs = own_outputs(network, feeds)
    except (UsageError, UnsupportedModel) as error:
        return Recorded({}, dict.fromkeys(names, 0.0), dict.fromkeys(names, 0.0), error.what)
    few = {name: value[:REPLAYED] for name, value in feeds.items()}
    rounding, coarser = dict.fromkeys(names, 0.0), dict.fromkeys(names, 0.0)
    try:
        # The very rows again, because an answer may depend on what else is in the batch.
        again, replay = own_outputs(network, few), run(network.graph, few)
    except NetmendError:
        return Recorded(outputs, rounding, coarser)
    grids = coarse(network.graph)
    shaken = run(_shaken(network.graph, grids), few) if grids else replay
    for name in names:
        size = float(np.max(np.abs(replay[name]), initial=0.0, where=np.isfinite(replay[name])))
        most = LOOSE[network.precision] * max(1.0, size)
        rounding[name] = min(_largest(real_values(network.graph, name, again[name]), replay[name]), most)
        coarser[name] = _largest(shaken[name], replay[name])
        if name in network.graph.quantisation:
            coarser[name] = max(coarser[name], float(scheme_step(network.graph, name).max()))
    return Recorded(outputs, rounding, coarser)


def real_values(graph: Graph, name: str, value: Array) -> Array:
    """The real numbers that a runtime's output stands for."""
    scheme = graph.quantisation.get(name)
    return value if scheme is None or value.dtype.kind == "f" else scheme.values(value)


def answers(
    source: Recorded,
    target: Recorded,
    graphs: tuple[Graph, Graph],
    outputs: Sequence[tuple[Signature, Signature]],
    rows: tuple[str, ...],
) -> Answers:
    """Both sides' outputs under the source's names and in its layouts, and what rounding may amount to."""
    one, other, allowed = {}, {}, {}
    for own, theirs in outputs:
        right = real_values(graphs[0], own.name, source.outputs[own.name])
        got = real_values(graphs[1], theirs.name, target.outputs[theirs.name])
        one[own.name], other[own.name] = right, as_source(right, got, len(rows))
        finite = [each for each in (source.rounding[own.name], target.rounding[theirs.name]) if np.isfinite(each)]
        size = float(np.max(np.abs(right), initial=0.0, where=np.isfinite(right)))
        coarser = max(source.coarse[own.name], target.coarse[theirs.name])
        allowed[own.name] = MARGIN * max(finite, default=0.0) + FLOOR * size + COARSE_MARGIN.largest * coarser
    return Answers(one, other, allowed, rows)


def as_source(right: Array, got: Array, rows: int) -> Array:
    """The target's output in the source's layout: of those that its shape allows the one that is nearest."""
    if got.shape == right.shape:
        return got
    found = []
    for order, shape in layouts(got.shape, right.shape, rows):
        turned = got if order is None else got.transpose(order)
        there = turned if shape is None else turned.reshape(right.shape)
        found.append((float(np.mean(np.minimum(differences(there, right), 1e300))), there))
    return min(found, key=lambda pair: pair[0])[1] if found else got


def _largest(got: Array, right: Array) -> float:
    if got.shape != right.shape or not got.size:
        return float("inf")
    return float(differences(got, right).max())


def _shaken(graph: Graph, grids: Mapping[str, Array]) -> Graph:
    """The graph with coarse constants moved within half a step at random."""
    held = {name: step for name, step in grids.items() if name in graph.constants}
    shapes = {name: graph.constants[name].shape for name in held}
    moved = dict(graph.constants)
    for name, shift in noise(held, shapes, 1).items():
        value = real_values(graph, name, graph.constants[name])
        moved[name] = value.astype(np.float64) + shift
    return replace(graph, constants=moved)

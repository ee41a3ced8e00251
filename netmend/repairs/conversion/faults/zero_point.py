"""The integer that stands for zero is another one than the numbers were quantised with.

What it is:
    Between unsigned and signed bytes the zero point moves by 128; converters have moved the numbers and not it, or it
    and not the numbers, or have dropped it.

How it is mended:
    The usual zero points, those next to the one that holds, and the one with which a layer's integers stand for the
    source's weights are tried.

When it is wrong:
    Never on its own: an edit is kept only where it makes the outputs right.

References:
    ONNX specification, DequantizeLinear; TFLite 8-bit quantization specification.
"""

from __future__ import annotations

import random
from collections.abc import Iterator

import numpy as np

from netmend.network.graph import Array, Graph
from netmend.repairs.conversion.faults._base import GRAPHS, Case, Fault, Hypothesis, Injection
from netmend.repairs.conversion.faults._grids import Grid, grids
from netmend.repairs.conversion.faults._linear import held, like, pairs

SHIFTS = (128, -128, 1, -1, 127, -127)


def _others(grid: Grid) -> Iterator[Array]:
    """Zero points that the type holds: none, and shifted ones."""
    limits = np.iinfo(grid.zero.dtype if grid.converts and grid.zero.dtype.kind in "iu" else np.int64)
    for other in (np.zeros_like(grid.zero), *(grid.zero.astype(np.int64) + shift for shift in SHIFTS)):
        if not np.array_equal(other, grid.zero) and limits.min <= other.min() and other.max() <= limits.max:
            yield other


def _alternatives(case: Case) -> Iterator[Hypothesis]:
    for grid in grids(case.target, case.nodes):
        for other in (
            *_others(grid),
            *_from_difference(case, grid),
            *_from_weights(case, grid),
            *_from_source(case, grid),
        ):
            says = f"The zero point of {grid.tensor!r} is {_shown(grid.zero)} where {_shown(other)} is right."
            yield Hypothesis(grid.changed(zero=other), says, grid.node.outputs[0])


def _from_difference(case: Case, grid: Grid) -> Iterator[Array]:
    """Where dequantised numbers are all off by the same, the zero point is off by so many steps."""
    key = grid.node.outputs[0]
    right, got = case.values.get(key), case.inner.get(key)
    if grid.node.op != "DequantizeLinear" or right is None or got is None or grid.scale.size > 1:
        return
    if right.shape == got.shape:
        yield grid.zero.astype(np.int64) - int(np.rint(np.median(right - got) / float(grid.scale.reshape(-1)[0])))


def _from_weights(case: Case, grid: Grid) -> Iterator[Array]:
    """Where a layer's integers stand for the source's weights, by how much most of them are off."""
    for ours, theirs in pairs(case):
        node = ours.through[0]
        stored, scale = held(case.target, node), grid.scale.astype(np.float64)
        same = stored is grid.codes and scale.size == 1
        weight = like(theirs.weight, node, stored) if same else None
        if weight is not None:
            yield np.full(grid.zero.shape, int(np.rint(np.median(stored - weight / scale.reshape(-1)[0]))))


def _from_source(case: Case, grid: Grid) -> Iterator[Array]:
    """The zero points of the source's stretch, where it is quantised too."""
    for theirs in grids(case.source, case.source_nodes):
        if theirs.zero.shape == grid.zero.shape and not np.array_equal(theirs.zero, grid.zero):
            yield theirs.zero


def _shown(zero: Array) -> str:
    return str(int(zero.reshape(-1)[0]))


def _inject(graph: Graph, chance: random.Random) -> Injection | None:
    places = [(grid, other) for grid in grids(graph, graph.nodes) for other in list(_others(grid))[:3]]
    if not places:
        return None
    grid, other = chance.choice(places)
    return grid.changed(zero=other), grid.node.outputs[0]


fault = Fault("Q5", "WB", GRAPHS, _alternatives, _inject)

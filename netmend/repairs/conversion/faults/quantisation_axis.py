"""The scales of weights hold for another axis than they were computed for.

What it is:
    Weights with a scale for each output channel say along which axis; of a transposed convolution it is another one
    than of a convolution, and of depthwise weights the last.

How it is mended:
    Every axis that has as many entries as there are scales is tried.

When it is wrong:
    Never on its own: an edit is kept only where it makes the outputs right.

References:
    microsoft/onnxruntime issue 19694; TFLite 8-bit quantization specification, per-axis quantization.
"""

from __future__ import annotations

import random
from collections.abc import Iterator

from netmend.network.graph import Graph
from netmend.repairs.conversion.faults._base import GRAPHS, Case, Fault, Hypothesis, Injection
from netmend.repairs.conversion.faults._grids import Grid, grids


def _others(grid: Grid) -> Iterator[int]:
    if grid.codes is not None and grid.scale.size > 1:
        for axis, size in enumerate(grid.codes.shape):
            if axis != grid.axis % grid.codes.ndim and size == grid.scale.size:
                yield axis


def _alternatives(case: Case) -> Iterator[Hypothesis]:
    for grid in grids(case.target, case.nodes):
        for axis in _others(grid):
            says = f"The scales of {grid.tensor!r} hold for axis {grid.axis} where {axis} is right."
            yield Hypothesis(grid.changed(axis=axis), says, grid.node.outputs[0])


def _inject(graph: Graph, chance: random.Random) -> Injection | None:
    places = [(grid, axis) for grid in grids(graph, graph.nodes) for axis in _others(grid)]
    if not places:
        return None
    grid, axis = chance.choice(places)
    return grid.changed(axis=axis), grid.node.outputs[0]


fault = Fault("Q4", "WB", GRAPHS, _alternatives, _inject)

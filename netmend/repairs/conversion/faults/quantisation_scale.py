"""Neighbouring integers stand for real numbers that are further apart, or closer, than in the source.

What it is:
    The scale of a tensor or of weights was computed from another range, stored with too few digits, or belongs to
    another tensor.

How it is mended:
    One factor for all scales of a tensor is fitted. Of weights the scale by which the integers are nearest to the
    source's weights is tried too, one for all or one for each output.

When it is wrong:
    Never on its own: an edit is kept only where it makes the outputs right.

References:
    TFLite 8-bit quantization specification; microsoft/onnxruntime issue 11532.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from itertools import permutations

import numpy as np

from netmend.network.graph import Array, Graph
from netmend.repairs.conversion.faults._base import GRAPHS, Borrowed, Case, Fault, Hypothesis, Injection, real
from netmend.repairs.conversion.faults._fitting import fitted
from netmend.repairs.conversion.faults._grids import Grid, grids


def _alternatives(case: Case) -> Iterator[Hypothesis]:
    for grid in filter(_of_its_own, grids(case.target, case.nodes)):
        key = grid.node.outputs[0]
        found = fitted(case, lambda factor, grid=grid: grid.changed(scale=grid.scale * factor), 1.0)  # type: ignore[misc]
        # A power of two is what a shift too much or too little comes to; it is also near what is not quite fitted.
        factors = [0.5, 2.0, 0.25, 4.0] + ([found] if found is not None and found > 0 else [])
        for factor in factors:
            if abs(factor - 1) > 1e-6:
                says = f"The scale of {grid.tensor!r} is {_shown(grid.scale)} where {factor:.6g} times that is right."
                yield Hypothesis(grid.changed(scale=grid.scale * factor), says, key)
        for scale in _from_source(case, grid):
            says = f"The scale of {grid.tensor!r} is {_shown(grid.scale)} where {_shown(scale)} is right."
            yield Hypothesis(grid.changed(scale=scale), says, key, borrowed=Borrowed.KNOWN)


def _of_its_own(grid: Grid) -> bool:
    """Whether no other scales say what a grid's is to be, as they do of a bias: see `bias_scale`."""
    return grid.codes is None or grid.codes.dtype != np.int32


def _from_source(case: Case, grid: Grid) -> Iterator[Array]:
    """Scales of the source's stretch, and those by which stored integers come nearest to a constant of it."""
    for theirs in grids(case.source, case.source_nodes):
        if theirs.scale.shape == grid.scale.shape and not np.array_equal(theirs.scale, grid.scale):
            yield theirs.scale
    if grid.codes is None or grid.scale.ndim > 1:
        return
    shape = [1] * grid.codes.ndim
    if grid.scale.size > 1:
        shape[grid.axis] = -1
    steps = grid.codes.astype(np.float64) - (grid.zero.reshape(shape) if grid.zero.size > 1 else grid.zero)
    axes = tuple(axis for axis in range(steps.ndim) if shape[axis] == 1)
    below = (steps * steps).sum(axes)
    names = dict.fromkeys(name for node in case.source_nodes for name in node.inputs if name in case.source.constants)
    for name in names:
        value = real(case.source, name)
        orders = [] if value is None else [value.transpose(order) for order in permutations(range(value.ndim))]
        fitting = [each for each in orders if each.shape == steps.shape]
        if not fitting:
            continue
        # Whatever the scale is, the order of axes is the one in which the numbers go with the steps.
        alike = max(fitting, key=lambda each: float((steps * each).sum()))
        scale = (steps * alike).sum(axes) / np.where(below > 0, below, 1)
        if (scale > 0).all():
            yield scale.reshape(grid.scale.shape)


def _shown(scale: Array) -> str:
    return f"{float(scale.reshape(-1)[0]):.6g}" + (" and others" if scale.size > 1 else "")


def _inject(graph: Graph, chance: random.Random) -> Injection | None:
    places = list(filter(_of_its_own, grids(graph, graph.nodes)))
    if not places:
        return None
    grid = chance.choice(places)
    return grid.changed(scale=grid.scale * chance.choice([0.5, 2.0, 1.37])), grid.node.outputs[0]


fault = Fault("Q6", "WB", GRAPHS, _alternatives, _inject)

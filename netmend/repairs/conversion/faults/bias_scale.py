"""A quantised bias has another scale than the product it is added to, or has run over the end of its type.

What it is:
    A bias of 32-bit integers is to have the scale of the input times that of the weights. Where it has another one the
    sum is wrong; where that product is tiny the integers saturate.

How it is mended:
    The scale is set to that product. Where the integers themselves are wrong, they are computed anew from the source's
    bias.

When it is wrong:
    Saturated integers cannot hold the source's bias by any rounding; then it stays unexplained.

References:
    Jacob et al., CVPR 2018, section 2.4; microsoft/onnxruntime pull request 22020 and issue 11532; onnxruntime-qnn pull
    request 739.
"""

from __future__ import annotations

import random
from collections.abc import Iterator

import numpy as np

from netmend.network.graph import Array, Graph, Node
from netmend.repairs.conversion.faults._base import (
    GRAPHS,
    Borrowed,
    Case,
    Fault,
    Hypothesis,
    Injection,
    constant_edits,
    real,
)
from netmend.repairs.conversion.faults._fitting import fitted
from netmend.repairs.conversion.faults._grids import Grid, grids
from netmend.repairs.conversion.faults._linear import BIAS


def _alternatives(case: Case) -> Iterator[Hypothesis]:
    for node, grid in _places(case.target, case.nodes):
        product = _product(case.target, node)
        key = grid.node.outputs[0]
        if product is not None and not np.allclose(product, grid.scale, rtol=1e-4):
            says = f"The scale of the bias of {node.op} {node.name!r} is not that of what it is added to."
            scale = np.broadcast_to(product, grid.scale.shape) if product.size == 1 else product
            if scale.size == grid.scale.size:
                yield Hypothesis(grid.changed(scale=scale), says, key, 1.2)
            elif not grid.converts:
                # One scale for all entries, where the weights have one for each output.
                yield Hypothesis(grid.changed(scale=scale, zero=np.zeros(scale.size)), says, key, 1.2)
        yield from _fitted(case, node, grid)
        yield from _anew(case, node, grid)


def _fitted(case: Case, node: Node, grid: Grid) -> Iterator[Hypothesis]:
    """Some multiple of the scale that stands there: not every writer takes that of what the bias is added to."""
    found = fitted(case, lambda factor: grid.changed(scale=grid.scale * factor), 1.0)
    if found is not None and found > 0 and abs(found - 1) > 1e-6:
        says = f"The scale of the bias of {node.op} {node.name!r} is {found:.6g} times too small."
        yield Hypothesis(grid.changed(scale=grid.scale * found), says, grid.node.outputs[0])
    for theirs in grids(case.source, case.source_nodes):
        if theirs.scale.shape == grid.scale.shape and not np.array_equal(theirs.scale, grid.scale):
            says = f"The scale of the bias of {node.op} {node.name!r} is not the source's."
            yield Hypothesis(grid.changed(scale=theirs.scale), says, grid.node.outputs[0], 1.1, borrowed=Borrowed.KNOWN)
    assert grid.codes is not None
    steps = grid.codes.astype(np.float64) - grid.zero
    for value in _biases(case, grid):
        # What the integers stand for in the source, each by itself where each has a scale.
        whole = float((steps * value).sum() / max((steps * steps).sum(), 1.0))
        each = np.divide(value, steps, out=grid.scale.astype(np.float64) * np.ones(len(steps)), where=steps != 0)
        scale = each if grid.scale.size > 1 else np.array([whole])
        if (scale > 0).all():
            says = f"The scale of the bias of {node.op} {node.name!r} is not that by which it is the source's."
            yield Hypothesis(grid.changed(scale=scale), says, grid.node.outputs[0], weight=1.1, borrowed=Borrowed.KNOWN)


def _biases(case: Case, grid: Grid) -> Iterator[Array]:
    """Real numbers of the source that a bias may stand for."""
    assert grid.codes is not None
    for theirs in case.source_nodes:
        for name in theirs.inputs:
            value = real(case.source, name) if name in case.source.constants else None
            if value is not None and value.shape == grid.codes.shape and value.dtype.kind == "f":
                yield value


def _anew(case: Case, node: Node, grid: Grid) -> Iterator[Hypothesis]:
    """The integers of the source's bias, by the scale that holds."""
    assert grid.codes is not None
    for value in _biases(case, grid):
        codes = np.rint(value / grid.scale) + grid.zero
        limits = np.iinfo(grid.codes.dtype)
        if limits.min <= codes.min() and codes.max() <= limits.max and not np.array_equal(codes, grid.codes):
            says = f"The bias of {node.op} {node.name!r} holds other integers than the source's bias comes to."
            index = 0 if grid.converts else BIAS[node.op]
            edits = constant_edits(case.target, grid.node, index, codes.astype(grid.codes.dtype))
            yield Hypothesis(edits, says, grid.node.outputs[0], borrowed=Borrowed.KNOWN)


def _places(graph: Graph, nodes: tuple[Node, ...]) -> Iterator[tuple[Node, Grid]]:
    """Layers with a quantised bias; of ONNX the node that dequantises it stands for it."""
    for grid in grids(graph, nodes):
        if grid.codes is None or grid.codes.dtype != np.int32 or grid.codes.ndim != 1:
            continue
        made = grid.node.outputs[0] if grid.converts else grid.tensor
        for user in graph.users(made):
            if user.op in BIAS and len(user.inputs) > BIAS[user.op] and user.inputs[BIAS[user.op]] == made:
                yield user, grid


def _product(graph: Graph, node: Node) -> Array | None:
    """The scale of a layer's input times that of its weights."""
    scales = []
    for name in node.inputs[:2]:
        maker = graph.producer(name)
        if name in graph.quantisation:
            scales.append(graph.quantisation[name].scale.astype(np.float64))
        elif maker is not None and maker.op == "DequantizeLinear" and maker.inputs[1] in graph.constants:
            scales.append(graph.constants[maker.inputs[1]].astype(np.float64))
    return scales[0] * scales[1] if len(scales) == 2 else None


def _inject(graph: Graph, chance: random.Random) -> Injection | None:
    places = list(_places(graph, graph.nodes))
    if not places:
        return None
    _, grid = chance.choice(places)
    return grid.changed(
        scale=np.full_like(grid.scale, float(np.max(grid.scale)) * chance.choice([3.0, 17.0]))
    ), grid.node.outputs[0]


fault = Fault("Q3", "WB", GRAPHS, _alternatives, _inject)

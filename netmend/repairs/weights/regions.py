"""Regions: where a network of straight pieces is one affine function, seen at their vertices.

A ReLU that has one sign at all vertices of a convex region has it in all of the region, because its input is affine
there. If every ReLU has, the network is affine on the region, and a linear condition on the outputs that holds at the
vertices holds everywhere between them (Tao et al., PLDI 2023, section on V-polytopes).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from netmend.core.errors import UnsupportedModel, UsageError
from netmend.network.graph import Graph, Node
from netmend.repairs.weights.requirements._base import Array, Indices

if TYPE_CHECKING:
    from torch import Tensor

# What is affine in every input that moves with the network's inputs.
_SUMS = {"Add", "Sub", "Sum", "Concat"}
# What is affine in its first input; the others say how.
_FIRST = {"Identity", "Flatten", "Reshape", "Squeeze", "Unsqueeze", "Transpose", "Dropout", "Slice", "Pad", "Split"}
_FIRST |= {"Expand", "Tile", "Gather", "Neg", "ReduceSum", "ReduceMean", "AveragePool", "GlobalAveragePool", "Div"}
_FIRST |= {"BatchNormalization", "Conv", "DepthToSpace", "SpaceToDepth"}
# What is affine while only one of its factors moves.
_PRODUCTS = {"Mul", "MatMul", "Gemm"}
_SHAPES = {"Shape", "Size"}


@dataclass(frozen=True, slots=True)
class Kink:
    """A function of two straight pieces that meet at zero: slope 1 above, `below` under it.

    Attributes:
        node: its name. input, output: its tensors.
    """

    node: str
    input: str
    output: str
    below: float


def kinks(graph: Graph, output: str) -> tuple[Kink, ...]:
    """Every kink that a tensor depends on, in forward order.

    Raises:
        UnsupportedModel: the network is not made of affine functions and such kinks alone; the node is named.
    """
    needed = _ancestors(graph, output)
    moving = {signature.name for signature in graph.inputs}
    found = []
    for node in graph.nodes:
        places = [at for at, name in enumerate(node.inputs) if name in moving]
        if not places or needed.isdisjoint(node.outputs) or node.op in _SHAPES:
            continue
        moving.update(node.outputs)
        below = _below(node)
        if below is not None:
            found.append(Kink(node.name, node.inputs[0], node.outputs[0], below))
        elif not _affine(node, places):
            hint = "a region can be repaired through ReLU, LeakyReLU, Abs and affine functions; give points instead"
            what = f"{node.op} is not affine between kinks at zero, so nothing holds in a region by its vertices"
            raise UnsupportedModel(what, where=f"node {node.name!r}", hint=hint)
    return tuple(found)


def regions_of(points: int, polytopes: Sequence[range] | None) -> tuple[Indices, ...]:
    """The points of each region; a point of none is a region by itself.

    Raises:
        UsageError: a region is empty or reaches beyond the points, or two of them share a vertex.
    """
    given = [np.array(region, dtype=np.intp) for region in polytopes or ()]
    every = np.concatenate([np.zeros(0, np.intp), *given])
    if any(not len(each) for each in given) or np.any((every < 0) | (every >= points)):
        raise UsageError(f"a region must name some of the {points} points", hint="give first and one past the last")
    if len(np.unique(every)) < len(every):
        raise UsageError("two regions share a vertex", hint="give the vertex once for each region")
    alone = np.setdiff1d(np.arange(points), every)
    return (*given, *(np.array([at]) for at in alone))


def centred(feeds: Mapping[str, Array], regions: Sequence[Indices]) -> dict[str, Array]:
    """The mean of the vertices of each region, in float64."""
    return {
        name: np.stack([value[region].astype(np.float64).mean(axis=0) for region in regions])
        for name, value in feeds.items()
    }


def straightened(
    graph: Graph, feeds: Mapping[str, Array], found: Sequence[Kink], regions: Sequence[Indices]
) -> tuple[Graph, dict[str, Array]]:
    """The network with every kink on the side it has at the centre of each region: affine in one layer and in biases.

    Returns:
        A graph in which slopes take the place of kinks, and its inputs: those of the network and a slope for each kink.
    """
    import torch

    from netmend.network.evaluate import as_tensor, forward

    middle = {name: as_tensor(value) for name, value in centred(feeds, regions).items()}
    with torch.no_grad():
        at_middle = forward(graph, middle, keep=[kink.input for kink in found]) if found else {}
    if any(at_middle[kink.input].shape[0] != len(regions) for kink in found):
        hint = "give points alone, or write the network so that inputs come first at every activation"
        raise UsageError("the regions of this network cannot be told apart behind its first layers", hint=hint)
    region = np.empty(len(next(iter(feeds.values()))), dtype=np.intp)
    for number, points in enumerate(regions):
        region[points] = number
    by_node = {kink.node: kink for kink in found}
    slopes = {slope_of(kink): np.where(at_middle[kink.input].numpy() >= 0, 1.0, kink.below)[region] for kink in found}
    nodes = tuple(
        replace(node, op="Mul", inputs=(node.inputs[0], slope_of(by_node[node.name])), attributes={})
        if node.name in by_node
        else node
        for node in graph.nodes
    )
    return replace(graph, nodes=nodes), {**feeds, **slopes}


def slope_of(kink: Kink) -> str:
    """Name of the input that holds the slope of a kink at each point."""
    return f"slope of {kink.node}"


def unbent(value: Tensor | Array, error: Tensor | Array | None, regions: Sequence[Indices]) -> Array:
    """Regions at whose vertices every entry has one sign beyond its error, (R,).

    Args:
        value, error: of the input of a kink, (N, ...).
    """
    values = np.asarray(value).reshape(len(value), -1)
    off = np.zeros_like(values) if error is None else np.asarray(error).reshape(values.shape)
    above, under = values - off >= 0, values + off <= 0
    return np.array([bool(np.all(above[at].all(axis=0) | under[at].all(axis=0))) for at in regions], dtype=bool)


def _below(node: Node) -> float | None:
    if node.op == "LeakyRelu":
        return float(node.attributes.get("alpha", 0.01))
    return {"Relu": 0.0, "Abs": -1.0}.get(node.op)


def _affine(node: Node, moving: list[int]) -> bool:
    if node.op in _PRODUCTS:
        return moving.count(0) + moving.count(1) <= 1
    return node.op in _SUMS or (node.op in _FIRST and moving == [0])


def _ancestors(graph: Graph, tensor: str) -> set[str]:
    needed = {tensor}
    for node in reversed(graph.nodes):
        if not needed.isdisjoint(node.outputs):
            needed.update(node.inputs)
    return needed

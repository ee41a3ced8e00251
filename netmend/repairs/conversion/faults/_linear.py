"""Layers with weights in one canonical form, whatever operator spells them, and what is folded into them.

Canonical: weights as (outputs, inputs of a group, *space) and one bias for each output.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace

import numpy as np

from netmend.network.edits import Edit, ReplaceNodes, SetInput
from netmend.network.graph import Array, Graph, Node
from netmend.network.quantisation import Scheme
from netmend.repairs.conversion.codes import codes_of
from netmend.repairs.conversion.faults._base import (
    Case,
    constant_edits,
    fresh,
    in_tflite,
    inserted_after,
    plain,
    real,
)


@dataclass(frozen=True, slots=True, eq=False)
class Layer:
    """Weights and bias of a layer in canonical form.

    Attributes:
        output: the tensor that the layer, with what is folded into it, makes.
        through: the nodes it stands for; the first is the linear one.
        factor: what the nodes behind the first multiply its outputs by, each.
    """

    weight: Array
    bias: Array
    output: str
    through: tuple[Node, ...]
    factor: Array


def _plain(weight: Array, node: Node) -> Array:
    return weight


def _gemm(weight: Array, node: Node) -> Array:
    return weight if node.attributes.get("transB", 0) else weight.T


def _swapped(weight: Array, node: Node) -> Array:
    return weight.swapaxes(0, 1)


Turn = Callable[[Array, Node], Array]

CANONICAL: Mapping[str, Turn] = {
    "Conv": _plain,
    "Gemm": _gemm,
    "MatMul": lambda weight, node: weight.swapaxes(-1, -2),
    "ConvTranspose": lambda weight, node: weight if node.attributes.get("group", 1) > 1 else weight.swapaxes(0, 1),
    "tflite:CONV_2D": lambda weight, node: weight.transpose(0, 3, 1, 2),
    "tflite:DEPTHWISE_CONV_2D": lambda weight, node: weight.transpose(3, 0, 1, 2),
    "tflite:TRANSPOSE_CONV": lambda weight, node: weight.transpose(0, 3, 1, 2),
    "tflite:FULLY_CONNECTED": _plain,
}
"""From the stored weight."""

STORED: Mapping[str, Turn] = {
    **CANONICAL,
    "tflite:CONV_2D": lambda weight, node: weight.transpose(0, 2, 3, 1),
    "tflite:DEPTHWISE_CONV_2D": lambda weight, node: weight.transpose(1, 2, 3, 0),
    "tflite:TRANSPOSE_CONV": lambda weight, node: weight.transpose(0, 2, 3, 1),
}
"""From the canonical weight to the stored one."""

BIAS = {"Conv": 2, "ConvTranspose": 2, "Gemm": 2, "tflite:CONV_2D": 2, "tflite:DEPTHWISE_CONV_2D": 2,
        "tflite:FULLY_CONNECTED": 2, "tflite:TRANSPOSE_CONV": 3}  # fmt: skip
"""Where an operator reads its bias, if it takes one."""

CHANNELS_FIRST = ("Conv", "ConvTranspose")


def layers(graph: Graph, nodes: tuple[Node, ...]) -> Iterator[Layer]:
    """The layers with stored weights among some nodes, nothing folded into them."""
    for node in nodes:
        if node.op not in CANONICAL or len(node.inputs) < 2:
            continue
        stored = real(graph, node.inputs[1])
        if stored is None or stored.ndim < 2 or stored.dtype.kind != "f":
            continue
        weight = CANONICAL[node.op](stored, node)
        bias = real(graph, node.inputs[BIAS[node.op]]) if len(node.inputs) > BIAS.get(node.op, 9) else None
        outputs = weight.shape[0]
        flat = np.zeros(outputs) if bias is None or bias.size not in (1, outputs) else bias.astype(np.float64)
        yield Layer(weight, np.broadcast_to(flat.reshape(-1), (outputs,)), node.outputs[0], (node,), np.ones(outputs))


def folded(graph: Graph, nodes: tuple[Node, ...]) -> Iterator[Layer]:
    """Every layer alone, and with each longer stretch of batch normalisation, scales and shifts behind it."""
    inside = {node.outputs[0] for node in nodes}
    for layer in layers(graph, nodes):
        yield layer
        while True:
            users = graph.users(layer.output)
            if len(users) != 1 or users[0].outputs[0] not in inside:
                break
            more = _with(graph, layer, users[0])
            if more is None:
                break
            layer = more
            yield layer


def statistics(graph: Graph, node: Node) -> tuple[Array, Array, Array, Array, float] | None:
    """Scale, shift, mean, variance and epsilon of a batch normalisation with stored numbers."""
    if node.op != "BatchNormalization" or any(name not in graph.constants for name in node.inputs[1:5]):
        return None
    scale, shift, mean, variance = (graph.constants[name].astype(np.float64) for name in node.inputs[1:5])
    return scale, shift, mean, variance, float(node.attributes.get("epsilon", 1e-5))


def _with(graph: Graph, layer: Layer, node: Node) -> Layer | None:
    found = statistics(graph, node)
    if found is not None:
        scale, shift, mean, variance, epsilon = found
        factor = scale / np.sqrt(variance + epsilon)
        return _affine(layer, node, factor, shift - mean * factor)
    op = plain(node.op)
    if op not in ("Add", "Sub", "Mul", "Div") or len(node.inputs) != 2:
        return None
    at = node.inputs.index(layer.output)
    stored = real(graph, node.inputs[1 - at])
    if stored is None or (at == 1 and op in ("Sub", "Div")):
        return None
    number = per_output(stored, layer)
    if number is None:
        return None
    one, zero = np.ones_like(number), np.zeros_like(number)
    match op:
        case "Add":
            return _affine(layer, node, one, number)
        case "Sub":
            return _affine(layer, node, one, -number)
        case "Mul":
            return _affine(layer, node, number, zero)
        case _:
            return _affine(layer, node, 1 / number, zero)


def per_output(stored: Array, layer: Layer) -> Array | None:
    """One number for each output of a layer from a constant that is broadcast onto it."""
    outputs, space = layer.weight.shape[0], layer.weight.ndim - 2
    space = 0 if layer.through[0].op.startswith("tflite:") else space
    if stored.size == 1:
        return np.full(outputs, float(stored.reshape(-1)[0]))
    fits = stored.size == outputs and stored.shape[-1 - space :][:1] == (outputs,)
    return stored.astype(np.float64).reshape(-1) if fits else None


def _affine(layer: Layer, node: Node, factor: Array, shift: Array) -> Layer:
    return replace(
        layer,
        weight=each_output(factor, layer.weight) * layer.weight,
        bias=layer.bias * factor + shift,
        output=node.outputs[0],
        through=(*layer.through, node),
        factor=layer.factor * factor,
    )


def each_output(number: Array, weight: Array) -> Array:
    """One number for each output, in the shape in which it is broadcast onto a canonical weight."""
    return number.reshape(-1, *[1] * (weight.ndim - 1))


def held(graph: Graph, node: Node) -> Array:
    """The stored weights of a layer, as they are stored: integers where they stand on a grid."""
    name = node.inputs[1]
    integers = None if name in graph.constants else codes_of(graph, name)
    return graph.constants[name] if integers is None else integers.codes


def like(weight: Array, node: Node, stored: Array) -> Array | None:
    """A canonical weight as a node stores it; None where it does not fit."""
    if weight.size != stored.size:
        return None
    shape = CANONICAL[node.op](stored, node).shape
    if weight.shape != shape:
        # A fully connected layer and a convolution whose window is one pixel hold the same numbers.
        if [size for size in weight.shape if size > 1] != [size for size in shape if size > 1]:
            return None
        weight = weight.reshape(shape)
    return STORED[node.op](weight, node)


def pairs(case: Case) -> Iterator[tuple[Layer, Layer]]:
    """Layers of the target with each layer of the source, or stretch folded into one, that has weights as many."""
    whole = list(folded(case.source, case.source_nodes))
    for ours in layers(case.target, case.nodes):
        node = ours.through[0]
        stored = held(case.target, node)
        for theirs in whole:
            if like(theirs.weight, node, stored) is not None:
                yield ours, theirs


def refolded(graph: Graph, node: Node, weight: Array, bias: Array) -> tuple[Edit, ...]:
    """The edits that give a node of the target a canonical weight and a bias."""
    stored = like(weight, node, held(graph, node))
    assert stored is not None
    edits = constant_edits(graph, node, 1, stored)
    place = BIAS.get(node.op, len(node.inputs))
    before = real(graph, node.inputs[place]) if place < len(node.inputs) and node.inputs[place] else None
    if before is not None:
        return *edits, *constant_edits(graph, node, place, bias.reshape(before.shape))
    return *edits, *with_bias(graph, node, bias)


def _bias_grid(graph: Graph, node: Node) -> Scheme | None:
    """The grid of the bias of a layer in integers: 32 bits, and steps of the product of what it multiplies."""
    value, weight = (graph.quantisation.get(name) for name in node.inputs[:2])
    if not in_tflite(graph) or value is None or weight is None:
        return None
    scale = (value.scale.astype(np.float64).reshape(-1)[:1] * weight.scale.astype(np.float64)).astype(np.float32)
    return Scheme(scale, np.zeros(scale.shape, np.int64), "int32")


def with_bias(graph: Graph, node: Node, bias: Array) -> tuple[Edit, ...]:
    """The edits that give a node without a bias one, or add it behind a node that takes none."""
    kind = held(graph, node).dtype
    name = fresh(graph, f"{node.outputs[0]} bias")
    value = bias.astype(kind if kind.kind == "f" else np.float32)
    grid = _bias_grid(graph, node)
    if node.op in BIAS and grid is not None:
        codes = ReplaceNodes((), (), {name: grid.codes(bias)}, {name: grid})
        return codes, SetInput(node.outputs[0], BIAS[node.op], name)
    if node.op in BIAS:
        return ReplaceNodes((), (), {name: value}), SetInput(node.outputs[0], BIAS[node.op], name)
    return (inserted_after(graph, node, lambda old, new: (Node(new, "Add", (old, name), (new,)),), {name: value}),)

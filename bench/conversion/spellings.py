"""The same network in other words, as other converters write it: none of these is a fault."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace

import numpy as np

from netmend.network.edits import Edit, ReplaceNodes, edited
from netmend.network.graph import Array, Graph, Node

Respelled = Iterator[Edit]


def _one(node: Node, made: tuple[Node, ...], constants: Mapping[str, Array] | None = None) -> Edit:
    return ReplaceNodes(node.outputs[:1], made, constants or {})


def padded_by_an_operator(graph: Graph) -> Respelled:
    """Padding of a convolution by a Pad before it."""
    for node in graph.nodes:
        pads = node.attributes.get("pads")
        if node.op == "Conv" and pads and any(pads):
            half = len(pads) // 2
            name, padded = f"{node.outputs[0]}/pads", f"{node.outputs[0]}/padded"
            amounts = np.array([0, 0, *pads[:half], 0, 0, *pads[half:]], np.int64)
            rest = {key: value for key, value in node.attributes.items() if key != "pads"}
            conv = replace(node, inputs=(padded, *node.inputs[1:]), attributes=rest)
            yield _one(node, (Node(padded, "Pad", (node.inputs[0], name), (padded,)), conv), {name: amounts})


def product_and_sum(graph: Graph) -> Respelled:
    """A fully connected layer as a product of matrices and a sum."""
    for node in graph.nodes:
        plain = node.attributes.get("alpha", 1.0) == 1 and node.attributes.get("beta", 1.0) == 1
        biased = len(node.inputs) > 2 and bool(node.inputs[2])
        if node.op == "Gemm" and plain and biased and not node.attributes.get("transA", 0):
            weight = graph.constants.get(node.inputs[1])
            if weight is None:
                continue
            name, product = f"{node.outputs[0]}/weight", f"{node.outputs[0]}/product"
            turned = np.ascontiguousarray(weight.T) if node.attributes.get("transB", 0) else weight
            made = (
                Node(product, "MatMul", (node.inputs[0], name), (product,)),
                Node(node.name, "Add", (product, node.inputs[2]), node.outputs),
            )
            yield _one(node, made, {name: turned})


def normalised_by_factors(graph: Graph) -> Respelled:
    """Batch normalisation as a factor and a shift."""
    for node in graph.nodes:
        if node.op == "BatchNormalization" and all(name in graph.constants for name in node.inputs[1:]):
            scale, shift, mean, variance = (graph.constants[name].astype(np.float64) for name in node.inputs[1:5])
            factor = scale / np.sqrt(variance + node.attributes.get("epsilon", 1e-5))
            names = [f"{node.outputs[0]}/{what}" for what in ("factor", "shift", "scaled")]
            made = (
                Node(names[2], "Mul", (node.inputs[0], names[0]), (names[2],)),
                Node(node.name, "Add", (names[2], names[1]), node.outputs),
            )
            both = {names[0]: factor, names[1]: shift - mean * factor}
            yield _one(node, made, {name: value.astype(np.float32).reshape(-1, 1, 1) for name, value in both.items()})


def folded(graph: Graph) -> Respelled:
    """Batch normalisation folded into the convolution before it."""
    for norm in graph.nodes:
        conv = graph.producer(norm.inputs[0]) if norm.op == "BatchNormalization" else None
        if conv is None or conv.op != "Conv" or len(graph.users(norm.inputs[0])) > 1:
            continue
        scale, shift, mean, variance = (graph.constants[name].astype(np.float64) for name in norm.inputs[1:5])
        factor = scale / np.sqrt(variance + norm.attributes.get("epsilon", 1e-5))
        weight = graph.constants[conv.inputs[1]].astype(np.float64)
        bias = graph.constants[conv.inputs[2]].astype(np.float64) if len(conv.inputs) > 2 else np.zeros(len(weight))
        names = f"{norm.outputs[0]}/weight", f"{norm.outputs[0]}/bias"
        made = Node(conv.name, "Conv", (conv.inputs[0], *names), norm.outputs, conv.attributes)
        numbers = weight * factor.reshape(-1, *[1] * (weight.ndim - 1)), (bias - mean) * factor + shift
        constants = {name: value.astype(np.float32) for name, value in zip(names, numbers, strict=True)}
        yield ReplaceNodes((conv.outputs[0], norm.outputs[0]), (made,), constants)


def clipped_by_extremes(graph: Graph) -> Respelled:
    """A clip as a maximum and a minimum."""
    for node in graph.nodes:
        if node.op == "Clip" and len(node.inputs) == 3 and all(node.inputs):
            inner = f"{node.outputs[0]}/above"
            made = (
                Node(inner, "Max", node.inputs[:2], (inner,)),
                Node(node.name, "Min", (inner, node.inputs[2]), node.outputs),
            )
            yield _one(node, made)


def channels_last(graph: Graph) -> Respelled:
    """Activations of images between transpositions to channels last and back."""
    images = {node.outputs[0] for node in graph.nodes if node.op in ("Conv", "BatchNormalization")}
    for node in graph.nodes:
        if node.op in ("Relu", "LeakyRelu", "HardSwish", "Sigmoid") and node.inputs[0] in images:
            before, after = f"{node.outputs[0]}/last", f"{node.outputs[0]}/changed"
            made = (
                Node(before, "Transpose", (node.inputs[0],), (before,), {"perm": [0, 2, 3, 1]}),
                replace(node, inputs=(before,), outputs=(after,)),
                Node(f"{after} first", "Transpose", (after,), node.outputs, {"perm": [0, 3, 1, 2]}),
            )
            yield _one(node, made)


def mean_of_axes(graph: Graph) -> Respelled:
    """Global pooling as a mean over axes."""
    for node in graph.nodes:
        if node.op == "GlobalAveragePool":
            if graph.opset >= 18:
                name = f"{node.outputs[0]}/axes"
                made = Node(node.name, "ReduceMean", (node.inputs[0], name), node.outputs, {"keepdims": 1})
                yield _one(node, (made,), {name: np.array([2, 3], np.int64)})
            else:
                yield _one(
                    node, (Node(node.name, "ReduceMean", node.inputs, node.outputs, {"axes": [2, 3], "keepdims": 1}),)
                )


def softmax_written_out(graph: Graph) -> Respelled:
    """Softmax by exponentials and their sum."""
    for node in graph.nodes:
        if node.op == "Softmax" and node.attributes.get("axis", -1) == -1 and graph.opset >= 18:
            names = {what: f"{node.outputs[0]}/{what}" for what in ("axes", "top", "below", "exp", "sum")}
            made = (
                Node(names["top"], "ReduceMax", (node.inputs[0], names["axes"]), (names["top"],), {"keepdims": 1}),
                Node(names["below"], "Sub", (node.inputs[0], names["top"]), (names["below"],)),
                Node(names["exp"], "Exp", (names["below"],), (names["exp"],)),
                Node(names["sum"], "ReduceSum", (names["exp"], names["axes"]), (names["sum"],), {"keepdims": 1}),
                Node(node.name, "Div", (names["exp"], names["sum"]), node.outputs),
            )
            yield _one(node, made, {names["axes"]: np.array([-1], np.int64)})


def renamed(graph: Graph) -> Graph:
    """Every inner tensor, node and constant under a number."""
    kept = {each.name for each in (*graph.inputs, *graph.outputs)}
    new: dict[str, str] = {"": ""}
    for node in graph.nodes:
        for name in (*node.inputs, *node.outputs):
            new.setdefault(name, name if name in kept else f"t{len(new)}")
    nodes = tuple(
        replace(
            node,
            name=f"n{place}",
            inputs=tuple(map(new.__getitem__, node.inputs)),
            outputs=tuple(map(new.__getitem__, node.outputs)),
        )
        for place, node in enumerate(graph.nodes)
    )
    return replace(
        graph, nodes=nodes, constants={new[name]: value for name, value in graph.constants.items() if name in new}
    )


EDITS: Mapping[str, Callable[[Graph], Respelled]] = {
    make.__name__.replace("_", "-"): make
    for make in (
        padded_by_an_operator,
        product_and_sum,
        normalised_by_factors,
        folded,
        clipped_by_extremes,
        channels_last,
        mean_of_axes,
        softmax_written_out,
    )
}


def spellings(graph: Graph) -> dict[str, Graph]:
    """Every spelling in which the graph differs from how it is written, by name."""
    found = {"as-it-is": graph, "renamed": renamed(graph)}
    whole = graph
    for name, make in EDITS.items():
        edits = list(make(graph))
        if edits:
            found[name] = edited(graph, edits)
            whole = edited(whole, list(make(whole)))
    if len(found) > 3:
        found["all-at-once"] = renamed(whole)
    return found

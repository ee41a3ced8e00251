"""Networks that were exported for so many inputs at a time, evaluated on any number at once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from netmend.core.errors import NetmendError, UnsupportedModel
from netmend.network.following import following
from netmend.network.graph import Array, Graph, Node, Signature

# What works on every entry by itself, so that a batch axis before the vector changes nothing.
_POINTWISE = {
    "Add", "Sub", "Mul", "Div", "Relu", "Sigmoid", "Tanh", "Clip", "LeakyRelu", "Elu", "Identity", "Neg", "Abs", "Erf",
    "Gelu", "HardSwish", "HardSigmoid", "Dropout", "Exp", "Sqrt", "Pow", "Softplus", "Constant",
}  # fmt: skip


def with_free_batch(graph: Graph) -> Graph:
    """The same function for any number of inputs along a first axis, and in `rows` how many the file takes.

    Inputs of shape (rows, ...) become (None, ...), and what was written down for so many rows follows
    (`netmend.network.following`). An input that is a plain vector gets an axis, and W x becomes x W'. That the graph
    still computes the same is not assumed: `netmend.network.agreement` compares it with the network's own runtime. A
    graph of which the rows cannot be told (the first axis is something else, or answers depend on other rows) is left.

    Raises:
        UnsupportedModel: the network takes one plain vector and uses it in a way that cannot be widened.
    """
    if not graph.inputs or any(not each.shape for each in graph.inputs):
        return graph
    if all(len(each.shape) == 1 for each in graph.inputs) and all(each.shape[0] is not None for each in graph.inputs):
        return replace(_widened(graph), rows=1)
    rows = graph.inputs[0].shape[0]
    if not rows or any(each.shape[0] != rows for each in graph.inputs):
        return graph
    return _freed(graph, rows)


def _freed(graph: Graph, rows: int) -> Graph:
    free = replace(
        graph,
        inputs=tuple(_free(each) for each in graph.inputs),
        outputs=tuple(_free(each) if each.shape[:1] == (rows,) else each for each in graph.outputs),
        rows=rows,
    )
    shaped = {node.outputs[0]: graph.constants.get(node.inputs[1]) for node in graph.nodes if node.op == "Reshape"}
    plain = {
        name: _followed(each) for name, each in shaped.items() if each is not None and len(each) > 1 and each[0] == 1
    }
    looked_at = any(node.op in ("Squeeze", "Resize") for node in graph.nodes)
    if rows == 1 and plain.keys() == shaped.keys() and not looked_at:
        return _with(free, plain)
    try:
        return following(free)
    except (NetmendError, MemoryError):
        return _with(free, plain) if rows == 1 else graph


def _free(signature: Signature) -> Signature:
    return replace(signature, shape=(None, *signature.shape[1:]))


def _followed(target: Array) -> Array:
    """The batch is whatever is left over; where something else is left over, it keeps the first axis as it is."""
    return np.concatenate([[0 if -1 in target else -1], target[1:]]).astype(np.int64)


def _with(graph: Graph, targets: Mapping[str, Array]) -> Graph:
    """The graph with other shapes for what its Reshape nodes make, by their outputs."""
    nodes, constants = [], dict(graph.constants)
    for node in graph.nodes:
        if node.outputs[0] in targets:
            name = f"{node.inputs[1]} of any batch"
            constants[name] = targets[node.outputs[0]]
            node = replace(node, inputs=(node.inputs[0], name))
        nodes.append(node)
    return replace(graph, nodes=tuple(nodes), constants=constants)


def _widened(graph: Graph) -> Graph:
    nodes = tuple(_wide(graph, node) for node in graph.nodes)
    return replace(
        graph,
        nodes=nodes,
        inputs=tuple(replace(each, shape=(None, *each.shape)) for each in graph.inputs),
        outputs=tuple(replace(each, shape=(None, *each.shape)) for each in graph.outputs),
    )


def _wide(graph: Graph, node: Node) -> Node:
    constants: list[Array | None] = [graph.constants.get(name) for name in node.inputs]
    if node.op == "MatMul" and constants[0] is not None and constants[0].ndim == 2:
        return replace(node, op="Gemm", inputs=(node.inputs[1], node.inputs[0]), attributes={"transB": 1})
    right = node.op == "MatMul" and constants[1] is not None and constants[1].ndim == 2
    small = all(each is None or each.ndim <= 1 for each in constants)
    if right or (node.op in _POINTWISE and small):
        return node
    raise UnsupportedModel(
        f"the network takes one vector without a batch axis, and {node.op} cannot be given one",
        where=f"node {node.name!r}",
        hint="export it again with a batch axis",
    )

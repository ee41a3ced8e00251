"""Networks that were exported for one input at a time, evaluated on many at once."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from netmend.core.errors import UnsupportedModel
from netmend.network.graph import Array, Graph, Node, Signature

# What works on every entry by itself, so that a batch axis before the vector changes nothing.
_POINTWISE = {
    "Add", "Sub", "Mul", "Div", "Relu", "Sigmoid", "Tanh", "Clip", "LeakyRelu", "Elu", "Identity", "Neg", "Abs", "Erf",
    "Gelu", "HardSwish", "HardSigmoid", "Dropout", "Exp", "Sqrt", "Pow", "Softplus", "Constant",
}  # fmt: skip


def with_free_batch(graph: Graph) -> Graph:
    """The same function for any number of inputs along a first axis.

    An input of shape (1, ...) becomes (None, ...), and constant shapes of Reshape that begin with 1 follow it. An input
    that is a plain vector gets an axis, and W x becomes x W'. That the graph still computes the same is not assumed:
    `netmend.network.agreement` compares it with the network's own runtime.

    Raises:
        UnsupportedModel: the network takes one plain vector and uses it in a way that cannot be widened.
    """
    if not graph.inputs or any(not each.shape for each in graph.inputs):
        return graph
    if all(len(each.shape) == 1 for each in graph.inputs) and all(each.shape[0] is not None for each in graph.inputs):
        return _widened(graph)
    if all(each.shape[0] == 1 for each in graph.inputs):
        return _freed(graph)
    return graph


def _freed(graph: Graph) -> Graph:
    constants = dict(graph.constants)
    nodes = []
    for node in graph.nodes:
        target = graph.constants.get(node.inputs[1]) if node.op == "Reshape" and len(node.inputs) > 1 else None
        if target is not None and target.ndim == 1 and len(target) > 1 and target[0] == 1:
            name = f"{node.inputs[1]} of any batch"
            # The batch is whatever is left over; where something else is left over, it keeps the first axis as it is.
            constants[name] = np.concatenate([[0 if -1 in target else -1], target[1:]]).astype(np.int64)
            node = replace(node, inputs=(node.inputs[0], name))
        nodes.append(node)
    return replace(
        graph,
        nodes=tuple(nodes),
        constants=constants,
        inputs=tuple(_free(each) for each in graph.inputs),
        outputs=tuple(_free(each) if each.shape[:1] == (1,) else each for each in graph.outputs),
    )


def _free(signature: Signature) -> Signature:
    return replace(signature, shape=(None, *signature.shape[1:]))


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

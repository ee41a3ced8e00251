"""Attention as one operator: what exporters write for scaled dot products from opset 23 on.

It is computed as the operators that the specification of ONNX writes it out in: scores of queries and keys, both scaled
by the root of the scale, a mask added to them, softmax, and the mix of values. The error is that of these operators.
"""

from __future__ import annotations

from math import sqrt

import numpy as np

from netmend.network.graph import Array, Graph, Node, Signature
from netmend.network.ops._base import Call, Family, Operator, Rounding
from netmend.network.tensors import Tensor, torch

OPSET = 18
"""Version of the operators that it is written out in."""


def _written_out(call: Call) -> tuple[Graph, dict[str, int]]:
    """The operators, and which input of the node each of the graph's inputs is.

    Raises:
        UnsupportedModel: keys of earlier calls, other outputs, a soft limit, or fewer heads of keys than of queries.
    """
    node = call.node
    if any(call.optional(place) is not None for place in range(4, len(node.inputs))):
        raise call.refuse("with keys and values of earlier calls")
    if any(node.outputs[1:]) or call.get("softcap", 0.0):
        raise call.refuse("with other outputs, or with a soft limit")
    heads = [call.get(name, 0) or call[place].shape[1] for place, name in ((0, "q_num_heads"), (1, "kv_num_heads"))]
    if heads[0] != heads[1]:
        raise call.refuse("with fewer heads of keys than of queries")
    nodes: list[Node] = []
    constants: dict[str, Array] = {}
    flat = call[0].ndim == 3

    def put(op: str, inputs: list[str], output: str, **attributes: object) -> str:
        nodes.append(Node(output, op, tuple(inputs), (output,), attributes))
        return output

    def stored(name: str, value: object) -> str:
        constants[name] = np.asarray(value)
        return name

    width = call[0].shape[-1] // (heads[0] if flat else 1)
    root = stored("root", sqrt(call.get("scale", 0.0) or 1 / sqrt(width)))
    split = {}
    for name in ("q", "k", "v"):
        if flat:
            shape = stored(f"{name} shape", [0, 0, heads[0], -1])
            apart = put("Reshape", [name, shape], f"{name} heads")
            split[name] = put("Transpose", [apart], f"{name} first", perm=[0, 2, 1, 3])
        else:
            split[name] = name
    query = put("Mul", [split["q"], root], "q scaled")
    turned = put("Transpose", [put("Mul", [split["k"], root], "k scaled")], "k turned", perm=[0, 1, 3, 2])
    scores = put("MatMul", [query, turned], "scores")
    seen = call.optional(3)
    taken = {"q": 0, "k": 1, "v": 2}
    low = stored("low", -np.inf)
    if call.get("is_causal", 0):
        lengths = call[0].shape[-2], call[1].shape[-2]
        before = stored("before", np.tril(np.ones(lengths, bool)))
        scores = put("Where", [before, scores, low], "causal")
    if seen is not None:
        taken["mask"] = 3
        masked = ("Where", ["mask", scores, low]) if seen.dtype == torch.bool else ("Add", [scores, "mask"])
        scores = put(*masked, "masked")
    mixed = put("MatMul", [put("Softmax", [scores], "shares", axis=-1), split["v"]], "mixed")
    if flat:
        back = put("Transpose", [mixed], "back", perm=[0, 2, 1, 3])
        mixed = put("Reshape", [back, stored("flat", [0, 0, -1])], "whole")
    inputs = tuple(Signature(name, (None,), "float32") for name in taken)
    return Graph(tuple(nodes), constants, inputs, (Signature(mixed, (None,), "float32"),), OPSET), taken


def _attention(call: Call) -> Tensor:
    from netmend.network.evaluate import forward

    graph, taken = _written_out(call)
    feeds = {name: call[place] for name, place in taken.items()}
    return next(iter(forward(graph, feeds, dtype=call[0].dtype).values()))


def _attention_errors(rounding: Rounding) -> Tensor | tuple[Tensor | None, ...]:
    from netmend.network.bounds import UNITS, Enclosure, bounds

    graph, taken = _written_out(rounding.call)
    precision = next(name for name, unit in UNITS.items() if unit == rounding.unit)
    feeds = {name: Enclosure(rounding.call[place], rounding.errors[place]) for name, place in taken.items()}
    return (next(iter(bounds(graph, feeds, precision=precision).values())).error,)


FAMILY = Family({"Attention": Operator(_attention, _attention_errors)})

"""Convolutions in groups written as one convolution for each group; those with a channel in each group stay."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from netmend.convert.rewrites._base import Rewrite, by_edits
from netmend.network.edits import Edit, ReplaceNodes
from netmend.network.graph import Array, Graph, Node


def _edits(graph: Graph) -> Sequence[Edit]:
    found: list[Edit] = []
    for node in graph.nodes:
        groups = node.attributes.get("group", 1) if node.op == "Conv" else 1
        weight = graph.constants.get(node.inputs[1]) if groups > 1 else None
        bias = graph.constants.get(node.inputs[2]) if weight is not None and len(node.inputs) > 2 else None
        if weight is None or weight.shape[1] == 1 or (len(node.inputs) > 2 and node.inputs[2] and bias is None):
            continue
        found.append(_split(node, groups, weight, bias))
    return found


def _split(node: Node, groups: int, weight: Array, bias: Array | None) -> ReplaceNodes:
    name, size = node.outputs[0], weight.shape[1]
    constants: dict[str, Array] = {f"{name}/axis": np.array([1])}
    nodes, parts = [], []
    for place, part in enumerate(np.split(weight, groups)):
        start, end, own = f"{name}/{place}/start", f"{name}/{place}/end", f"{name}/{place}/weight"
        constants |= {start: np.array([place * size]), end: np.array([(place + 1) * size]), own: part}
        inputs = [f"{name}/{place}/in", own]
        if bias is not None:
            constants[f"{name}/{place}/bias"] = np.split(bias, groups)[place]
            inputs.append(f"{name}/{place}/bias")
        taken = (node.inputs[0], start, end, f"{name}/axis")
        nodes.append(Node(inputs[0], "Slice", taken, (inputs[0],)))
        made = f"{name}/{place}/out"
        plain = {**node.attributes, "group": 1}
        nodes.append(replace(node, name=made, inputs=tuple(inputs), outputs=(made,), attributes=plain))
        parts.append(made)
    nodes.append(Node(node.name, "Concat", tuple(parts), node.outputs, {"axis": 1}))
    return ReplaceNodes((name,), tuple(nodes), constants)


REWRITE = Rewrite("convolutions in groups written one by one", by_edits(_edits))

"""Lists of tensors taken apart: torch's exporter writes a split as a list, of which others read one element each."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

import numpy as np

from netmend.network.graph import Array, Graph, Node


def without_sequences(graph: Graph) -> Graph:
    """The graph where what is read of a list is cut out of the tensor that was split.

    A list that is read in another way, or cut where only the inputs say, stays as it is.
    """
    lists = {node.outputs[0]: node for node in graph.nodes if node.op == "SplitToSequence"}
    constants = dict(graph.constants)
    nodes: list[Node] = []
    for node in graph.nodes:
        split = lists.get(node.inputs[0]) if node.op == "SequenceAt" else None
        cut = None if split is None else _cut(split, node, graph.constants)
        if cut is None:
            nodes.append(node)
            continue
        nodes.append(cut[0])
        constants |= cut[1]
    read = {name for node in nodes for name in node.inputs}
    kept = tuple(node for node in nodes if node.outputs[0] not in lists or node.outputs[0] in read)
    return replace(graph, nodes=kept, constants=constants)


def _cut(split: Node, node: Node, constants: Mapping[str, Array]) -> tuple[Node, dict[str, Array]] | None:
    """What makes one element of a list, with the constants that it reads."""
    place = constants.get(node.inputs[1])
    sizes = constants.get(split.inputs[1]) if len(split.inputs) > 1 else np.ones((), np.int64)
    if place is None or sizes is None or int(place) < 0:
        return None
    at, axis, name = int(place), int(split.attributes.get("axis", 0)), node.outputs[0]
    if len(split.inputs) < 2 and not split.attributes.get("keepdims", 1):
        made = {f"{name} place": np.array(at, np.int64)}
        return Node(node.name, "Gather", (split.inputs[0], *made), node.outputs, {"axis": axis}), made
    first, last = _ends(sizes, at)
    made = dict(zip(_names(name), (np.array([each], np.int64) for each in (first, last, axis)), strict=True))
    return Node(node.name, "Slice", (split.inputs[0], *made), node.outputs), made


def _ends(sizes: Array, at: int) -> tuple[int, int]:
    if sizes.ndim == 0:
        return at * int(sizes), (at + 1) * int(sizes)
    return int(sizes[:at].sum()), int(sizes[: at + 1].sum())


def _names(name: str) -> Iterator[str]:
    return (f"{name} {what}" for what in ("first", "last", "axis"))

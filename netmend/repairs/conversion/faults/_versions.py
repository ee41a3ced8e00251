"""Operators of the source said as the target's version of ONNX says them, so that a stretch of it can be copied.

References: ONNX specification, changelog of the operators (axes became inputs in versions 13 and 18, bounds of Clip in
11; Softmax is over one axis since 13 and over all axes from one on before; CastLike came with 15, Mod with 10, sums of
scattered numbers with 16).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from netmend.network.backends._onnx_versions import attributes, has
from netmend.network.edits import Edit, ReplaceNodes
from netmend.network.graph import Array, Graph, Node

_INPUTS = {
    "ReduceSum": (13, ("axes",)), "Squeeze": (13, ("axes",)), "Unsqueeze": (13, ("axes",)), "Split": (13, ("split",)),
    "Clip": (11, ("min", "max")), "Pad": (11, ("pads", "value")),
    **{f"Reduce{name}": (18, ("axes",))
       for name in ("Mean", "Max", "Min", "Prod", "L1", "L2", "LogSum", "LogSumExp", "SumSquare")},
}  # fmt: skip
"""Since when which attributes are inputs, in the order in which they follow the first."""

_PER_AXIS = ("Softmax", "LogSoftmax", "Hardmax")


Steps = Sequence[tuple[str, tuple[int | str, ...], dict[str, Any]]]
"""Operators one behind another: what they read, a number for what one of them makes, and their attributes."""


@dataclass(frozen=True, slots=True, eq=False)
class Stretch:
    """Nodes that are copied.

    Attributes:
        constants: that they read, by name.
    """

    nodes: tuple[Node, ...]
    constants: dict[str, Array]


def said(
    nodes: Sequence[Node], source: Graph, version: int, value: Callable[[str], Array | None] = lambda name: None
) -> Stretch | None:
    """The nodes in a version of the operators; None where one of them cannot be said in it.

    Args:
        value: of a tensor of the source in some rows, where that is known.
    """
    made: list[Node] = []
    constants = {name: source.constants[name] for node in nodes for name in node.inputs if name in source.constants}
    for node in nodes:
        found = list(_said(node, source.opset, version, constants, value))
        if not all(has(each.op, version) for each in found):
            return None
        made += found
    read = {name for node in made for name in node.inputs}
    return Stretch(tuple(made), {name: value for name, value in constants.items() if name in read})


def _said(
    node: Node, before: int, after: int, constants: dict[str, Array], value: Callable[[str], Array | None]
) -> Iterator[Node]:
    known = value(node.inputs[0]) if node.inputs else None
    if node.op in _PER_AXIS and before >= 13 > after:
        yield from _along_one_axis(node, None if known is None else known.ndim)
    elif node.op in _PER_AXIS and before < 13 <= after:
        yield from _over_all_axes(node, constants, known)
    elif node.op == "CastLike" and after < 15 and node.inputs[0] in constants:
        yield from _as_the_other(node, constants, value(node.inputs[1]))
    elif node.op in _INPUTS and before >= _INPUTS[node.op][0] > after:
        yield from _by_attributes(node, _INPUTS[node.op][1], constants)
    elif node.op in _INPUTS and before < _INPUTS[node.op][0] <= after:
        yield _by_inputs(node, _INPUTS[node.op][1], constants)
    elif node.op == "Mod" and after < 10 and not node.attributes.get("fmod", 0):
        yield from _remainder(node, constants)
    elif node.op == "ScatterElements" and after < 16 and node.attributes.get("reduction", "none") == "add":
        yield from _scattered_sums(node, after, constants, known)
    else:
        yield replace(node, attributes=_known(node, before, after))


def _known(node: Node, before: int, after: int) -> dict[str, Any]:
    """The attributes without those that the other version does not have and that change nothing."""
    usual, there = attributes(node.op, before), attributes(node.op, after)
    gone = {name for name, value in node.attributes.items() if name not in there and name in usual}
    return {name: v for name, v in node.attributes.items() if name not in gone or repr(v) != repr(usual[name])}


def _remainder(node: Node, constants: dict[str, Array]) -> Iterator[Node]:
    """Of whole numbers, with the sign of the divisor: what division leaves, and the divisor where the signs differ."""
    key, (left, right) = node.outputs[0], node.inputs
    constants[f"{key}/zero"] = np.array(0, np.int64)
    made: Steps = (
        ("Div", (left, right), {}), ("Mul", (0, right), {}), ("Sub", (left, 1), {}), ("Mul", (2, right), {}),
        ("Less", (3, f"{key}/zero"), {}), ("Cast", (4,), {"to": 7}), ("Mul", (5, right), {}), ("Add", (2, 6), {}),
    )  # fmt: skip
    yield from chain(node, made)


def _scattered_sums(node: Node, after: int, constants: dict[str, Array], value: Array | None) -> Iterator[Node]:
    """Numbers added up where places along the last axis say, as a product with rows that are one at these places."""
    axes = 0 if value is None else value.ndim
    if not axes or node.attributes.get("axis", 0) % axes != axes - 1:
        yield replace(node, op="unknown")
        return
    key, (data, places, numbers) = node.outputs[0], node.inputs
    names = [f"{key}/{what}" for what in ("last", "values", "axes")]
    held = (np.array([-1], np.int64), np.array([0, 1], np.float32), np.array([axes - 1], np.int64))
    constants.update(zip(names, held, strict=True))
    by_input = after >= 13
    along, how = ((names[2],), {}) if by_input else ((), {"axes": [axes - 1]})
    if after < 11:  # negative places came with version 11
        constants[names[0]] = held[2]
    made: Steps = (
        ("Shape", (data,), {}), ("Gather", (0, names[0]), {"axis": 0}),
        ("OneHot", (places, 1, names[1]), {"axis": -1}), ("Unsqueeze", (numbers, *along), how),
        ("MatMul", (3, 2), {}), ("Squeeze", (4, *along), how), ("Add", (data, 5), {}),
    )  # fmt: skip
    yield from chain(node, made)


def chain(node: Node, made: Steps) -> Iterator[Node]:
    """Operators of which the last makes what a node made; numbers among what they read are places in the list."""
    names = [f"{node.outputs[0]}/{place}" for place in range(len(made) - 1)] + [node.outputs[0]]
    for name, (op, read, how) in zip(names, made, strict=True):
        yield Node(name, op, tuple(names[each] if isinstance(each, int) else each for each in read), (name,), how)


def _as_the_other(node: Node, constants: dict[str, Array], other: Array | None) -> Iterator[Node]:
    """A constant in the type of another tensor; real numbers are single ones."""
    stored = constants[node.inputs[0]]
    if other is None or (stored.dtype.kind != "f" and other.dtype.kind not in "fi"):
        yield replace(node, op="unknown")
        return
    name = f"{node.outputs[0]}/cast"
    constants[name] = stored.astype(np.float32 if other.dtype.kind == "f" else other.dtype)
    yield Node(node.name, "Identity", (name,), node.outputs)


def _over_all_axes(node: Node, constants: dict[str, Array], value: Array | None) -> Iterator[Node]:
    """All axes from one on as one axis, and back."""
    if value is None:
        yield replace(node, op="unknown")
        return
    axis, key = node.attributes.get("axis", 1) % value.ndim, node.outputs[0]
    if axis == value.ndim - 1:
        yield replace(node, attributes={"axis": -1})
        return
    if axis == 0:
        yield replace(node, op="unknown")
        return
    kept, rest = value.shape[1:axis], int(np.prod(value.shape[axis:]))
    constants[f"{key}/flat"] = np.array([-1, *kept, rest], np.int64)
    constants[f"{key}/shape"] = np.array([-1, *value.shape[1:]], np.int64)
    made: Steps = (
        ("Reshape", (node.inputs[0], f"{key}/flat"), {}), (node.op, (0,), {"axis": -1}),
        ("Reshape", (1, f"{key}/shape"), {}),
    )  # fmt: skip
    yield from chain(node, made)


def _along_one_axis(node: Node, rank: int | None) -> Iterator[Node]:
    """Over the last axis both meanings are one; so the axis is made the last."""
    axis = node.attributes.get("axis", -1)
    if axis == -1 or (rank is not None and axis % rank == rank - 1):
        yield replace(node, attributes={**node.attributes, "axis": -1 if rank is None else rank - 1})
        return
    if rank is None:
        yield replace(node, op="unknown")
        return
    order = list(range(rank))
    order[axis % rank], order[-1] = order[-1], order[axis % rank]
    turned, shares = f"{node.outputs[0]}/turned", f"{node.outputs[0]}/shares"
    yield Node(turned, "Transpose", node.inputs, (turned,), {"perm": order})
    yield Node(node.name, node.op, (turned,), (shares,), {"axis": rank - 1})
    yield Node(f"{shares}/back", "Transpose", (shares,), node.outputs, {"perm": order})


def _by_attributes(node: Node, names: Sequence[str], constants: dict[str, Array]) -> Iterator[Node]:
    attributes: dict[str, Any] = {
        name: value for name, value in node.attributes.items() if name not in ("noop_with_empty_axes", "num_outputs")
    }
    for name, given in zip(names, node.inputs[1:], strict=False):
        if not given:
            continue
        if given not in constants:
            yield replace(node, op="unknown")
            return
        value = constants[given]
        attributes[name] = value.item() if value.dtype.kind == "f" else [int(each) for each in value.ravel()]
    yield replace(node, inputs=node.inputs[:1], attributes=attributes)


def _by_inputs(node: Node, names: Sequence[str], constants: dict[str, Array]) -> Node:
    inputs = [node.inputs[0]]
    attributes = {name: value for name, value in node.attributes.items() if name not in names}
    for name in names:
        value = node.attributes.get(name)
        inputs.append("" if value is None else f"{node.outputs[0]}/{name}")
        if value is not None:
            constants[inputs[-1]] = np.asarray(value, np.float32 if isinstance(value, float) else np.int64)
    while not inputs[-1]:
        inputs.pop()
    return replace(node, inputs=tuple(inputs), attributes=attributes)


def sayable(graph: Graph, edits: Iterable[Edit]) -> bool:
    """Whether the graph's version of ONNX has the operators that edits put in."""
    if any(node.op.startswith("tflite:") for node in graph.nodes):
        return True
    there = {node.op for node in graph.nodes}
    new = {node.op for edit in edits if isinstance(edit, ReplaceNodes) for node in edit.by} - there
    return all(has(op, graph.opset) for op in new)

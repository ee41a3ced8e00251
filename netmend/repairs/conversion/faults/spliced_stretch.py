"""A stretch of operators computes something else than the source's, in no way that is recognised.

What it is:
    Whatever no other fault type explains.

How it is mended:
    The source's stretch is put in the place of the target's, between transpositions where their layouts differ. This is
    the last thing that is tried.

When it is wrong:
    It says where the target is wrong, not why.

References:
    FetaFix (Louloudakis et al., EASE 2025), fault type computational graph, which copies stretches between nodes of the
    same operator.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from netmend.network.edits import ReplaceNodes
from netmend.network.graph import Array, Graph, Node
from netmend.repairs.conversion.faults._base import (
    GRAPHS,
    Borrowed,
    Case,
    Fault,
    Hypothesis,
    Injection,
    fresh,
    in_tflite,
)
from netmend.repairs.conversion.faults._tflite_spelling import for_tflite
from netmend.repairs.conversion.faults._versions import Stretch, said
from netmend.repairs.conversion.segments import Correspondence


def _alternatives(case: Case) -> Iterator[Hypothesis]:
    theirs = _said(case)
    if theirs is None:
        return
    constants: dict[str, Array] = {}
    names: dict[str, str] = {}
    made: list[Node] = []
    read = {name for node in theirs.nodes for name in node.inputs} | {each.source for each in case.segment.outputs}
    for each in case.read_from:
        if each.source in read:
            beside = f" for {case.nodes[0].outputs[0]}"
            tensor = _translated(case.target, each, made, constants, back=True, beside=beside)
            if case.values[each.target].dtype.kind == "f" and _whole(case.target, each.target):
                # The same numbers, but the source's operators read them as real ones.
                real = fresh(case.target, f"{each.target} as real numbers{beside}")
                made.append(Node(real, "Cast", (tensor,), (real,), {"to": FLOAT}))
                tensor = real
            names[each.source] = tensor
    for name, value in theirs.constants.items():
        names[name] = fresh(case.target, f"{name} of the source")
        constants[names[name]] = value
    plainly = {each.source: each.target for each in case.segment.outputs if each.layout is None and each.shape is None}
    for node in theirs.nodes:
        for name in node.outputs:
            names[name] = plainly.get(name) or fresh(case.target, f"{name} of the source") if name else ""
        if any(name and name not in names for name in node.inputs):
            return
        made.append(
            replace(
                node,
                inputs=tuple(names.get(name, "") for name in node.inputs),
                outputs=tuple(names[name] for name in node.outputs),
            )
        )
    for each in case.segment.outputs:
        if each.source not in names:
            return
        if names[each.source] != each.target:
            _translated(case.target, replace(each, source=names[each.source]), made, constants, back=False)
    keys = tuple(node.outputs[0] for node in case.nodes)
    first, count = case.nodes[0], len(theirs.nodes)
    given_up = (
        f"The {len(keys)} operators from {first.name!r} on give"
        if len(keys) > 1
        else f"{first.op} {first.name!r} gives"
    )
    says = f"{given_up} way to the source's {count}." if count else f"{given_up} way: the source has none there."
    edit = ReplaceNodes(keys, tuple(made), constants)
    yield Hypothesis((edit,), says, keys[0], borrowed=Borrowed.NODES)


def _said(case: Case) -> Stretch | None:
    """The source's nodes as they may stand in the target."""
    ours, theirs = in_tflite(case.target), in_tflite(case.source)
    if not case.source_nodes:
        return Stretch((), {})
    if ours != theirs and (theirs or case.target.quantisation):
        return None
    stretch = said(case.source_nodes, case.source, case.target.opset, case.source_inner.get)
    if stretch is None or not ours or theirs:
        return stretch
    return for_tflite(stretch, case.source_inner.get, [each.source for each in case.segment.outputs])


KEEPS_TYPE = ("Identity", "Reshape", "Transpose", "Squeeze", "Unsqueeze", "Slice", "ReduceSum", "Gather")
"""Operators that make numbers of the type of their first input."""

FLOAT = 1
"""Single precision, as TensorProto.DataType of the ONNX specification numbers it."""

WHOLE = (2, 3, 4, 5, 6, 7, 9, 12, 13)
"""The same of whole numbers, and of truth values."""


def _whole(graph: Graph, name: str) -> bool:
    """Whether a tensor of an ONNX graph holds whole numbers by its type."""
    if in_tflite(graph):
        return False
    node = graph.producer(name)
    while node is not None and node.op in KEEPS_TYPE:
        name = node.inputs[0]
        node = graph.producer(name)
    if node is not None:
        return node.op == "Cast" and node.attributes.get("to") in WHOLE
    taken = next((each.dtype for each in graph.inputs if each.name == name), "float32")
    return np.dtype(taken).kind in "iub"


def _translated(
    graph: Graph, each: Correspondence, made: list[Node], constants: dict[str, Array], back: bool, beside: str = ""
) -> str:
    """Nodes that bring a tensor of the target into the source's layout, or back; returns the name of the result.

    Args:
        beside: tells names apart from those of other stretches that read the same tensor.
    """
    tensor = each.target if back else each.source
    turned = (
        each.before if each.layout is None or each.before is None else tuple(each.before[axis] for axis in each.layout)
    )
    steps: list[tuple[str, Array | list[int]]] = []
    if each.shape is not None:
        shape = (turned if back else each.shape) or ()
        steps.append(("Reshape", np.array(shape, np.int64)))
    if each.layout is not None:
        order = np.argsort(each.layout).tolist() if back else list(each.layout)
        steps.insert(len(steps) if back else 0, ("Transpose", order))
    if not back and not steps:
        steps.append(("Identity", []))
    for place, (op, how) in enumerate(steps):
        last = not back and place == len(steps) - 1
        output = each.target if last else fresh(graph, f"{tensor} translated {place}{beside}")
        if op == "Reshape":
            shape_name = fresh(graph, f"{output} shape {place}")
            constants[shape_name] = np.asarray(how)
            made.append(Node(output, op, (tensor, shape_name), (output,)))
        else:
            made.append(Node(output, op, (tensor,), (output,), {"perm": how} if op == "Transpose" else {}))
        tensor = output
    return tensor


def _inject(graph: Graph, chance: random.Random) -> Injection | None:
    """Numbers are divided by the sum of their sizes, in the place of another normalisation."""
    places = [node for node in graph.nodes if node.op in ("Softmax", "LayerNormalization", "InstanceNormalization")]
    if not places:
        return None
    node = chance.choice(places)
    size, total, axis = (fresh(graph, f"{node.outputs[0]} {what}") for what in ("size", "total", "axis"))
    made = (
        Node(size, "Abs", node.inputs[:1], (size,)),
        Node(total, "ReduceSum", (size, axis), (total,)),
        Node(node.name, "Div", (node.inputs[0], total), node.outputs),
    )
    return (ReplaceNodes(node.outputs[:1], made, {axis: np.array([-1])}),), node.outputs[0]


fault = Fault("O3", "CG", GRAPHS, _alternatives, _inject)

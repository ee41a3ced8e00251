"""Softmax normalises over several axes at once, as it did in old versions of ONNX, where one axis is right.

What it is:
    Until version 13 Softmax, LogSoftmax and Hardmax normalised over all axes from the stated one on; since then over
    that axis alone. What brings a network to an older version and leaves the axis as it is changes what is computed.

How it is mended:
    In old versions the axis is brought to the end, where both meanings are one, and back. In new ones the reshaping
    around the operator goes, and the axis is stated.

When it is wrong:
    Where the axes behind the stated one have length one, both are the same.

References:
    ONNX specification, Softmax, versions 11 and 13; onnx.version_converter, which makes this fault from 13 to 12.
"""

from __future__ import annotations

import random
from collections.abc import Iterator

from netmend.network.edits import ReplaceNodes, SetAttribute
from netmend.network.graph import Graph, Node
from netmend.repairs.conversion.faults._base import Case, Fault, Hypothesis, Injection, fresh

NAMES = ("Softmax", "LogSoftmax", "Hardmax")
SINCE = 13
"""The version from which on it is over one axis."""


def _alternatives(case: Case) -> Iterator[Hypothesis]:
    for node in case.nodes:
        if node.op in NAMES:
            yield from _turned(case, node) if case.target.opset < SINCE else _unfolded(case, node)


def _turned(case: Case, node: Node) -> Iterator[Hypothesis]:
    """One axis alone, in a version in which it can only be the last."""
    rank, now = case.rank(node) or 0, node.attributes.get("axis", 1)
    for axis in range(rank - 1):
        order = [each for each in range(rank) if each != axis] + [axis]
        back = [order.index(each) for each in range(rank)]
        turned, shares = (fresh(case.target, f"{node.outputs[0]} {what}") for what in ("turned", "shares"))
        made = (
            Node(turned, "Transpose", node.inputs, (turned,), {"perm": order}),
            Node(node.name, node.op, (turned,), (shares,), {"axis": rank - 1}),
            Node(shares, "Transpose", (shares,), node.outputs, {"perm": back}),
        )
        says = f"{node.op} {node.name!r} is over all axes from {now} on, where axis {axis} alone is right."
        weight = 1.0 if axis == now % rank else 0.5
        yield Hypothesis((ReplaceNodes(node.outputs[:1], made),), says, node.outputs[0], weight)


def _unfolded(case: Case, node: Node) -> Iterator[Hypothesis]:
    """One axis of what was reshaped, in a version in which it can be any."""
    before, users = case.target.producer(node.inputs[0]), case.target.users(node.outputs[0])
    inside = {each.outputs[0] for each in case.nodes}
    if before is None or before.op not in ("Flatten", "Reshape") or len(users) != 1 or users[0].op != "Reshape":
        return
    around = {before.outputs[0], users[0].outputs[0]}
    if not around <= inside or len(case.target.users(before.outputs[0])) != 1:
        return
    gone = (before.outputs[0], node.outputs[0], users[0].outputs[0])
    rank = case.rank(before) or 0
    if before.op == "Flatten" and before.attributes.get("axis", 1) % max(rank, 1) != rank - 1:
        # Of the last axis alone, the reshaping does no harm where it leaves that one as it is.
        says = f"{node.op} {node.name!r} is over several axes at once, where the last alone is right."
        yield Hypothesis((SetAttribute(before.outputs[0], "axis", rank - 1),), says, node.outputs[0], 1.1)
    for axis in range(rank):
        made = Node(node.name, node.op, before.inputs[:1], users[0].outputs, {"axis": axis})
        says = f"{node.op} {node.name!r} is over several axes at once, where axis {axis} alone is right."
        yield Hypothesis((ReplaceNodes(gone, (made,)),), says, node.outputs[0], 0.9)


def _inject(graph: Graph, chance: random.Random) -> Injection | None:
    places = [node for node in graph.nodes if node.op in NAMES]
    if not places or graph.opset < SINCE:
        return None
    node = chance.choice(places)
    flat, shares, shape = (fresh(graph, f"{node.outputs[0]} {what}") for what in ("flat", "shares", "shape"))
    made = (
        Node(flat, "Flatten", node.inputs, (flat,), {"axis": 1}),
        Node(node.name, node.op, (flat,), (shares,), {"axis": -1}),
        Node(shape, "Shape", node.inputs, (shape,)),
        Node(f"{shares} back", "Reshape", (shares, shape), node.outputs),
    )
    return (ReplaceNodes(node.outputs[:1], made),), shares


fault = Fault("A2", "LH", ("onnx",), _alternatives, _inject)

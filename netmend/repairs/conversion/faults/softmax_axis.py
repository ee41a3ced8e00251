"""Softmax normalises another axis than in the source.

What it is:
    After a change of layout the axis number still points to where the classes were. The outputs sum to one along
    another axis.

How it is mended:
    Every axis is tried.

When it is wrong:
    Along axes of length one nothing can be told apart.

References:
    PINTO0309/onnx2tf issue 205.
"""

from __future__ import annotations

import random
from collections.abc import Iterator

from netmend.network.graph import Graph, Node
from netmend.repairs.conversion.faults._base import (
    EVERYWHERE,
    Case,
    Fault,
    Hypothesis,
    Injection,
    attribute_hypotheses,
    picked,
    set_attribute,
)

SOFTMAX = ("Softmax", "LogSoftmax")


def _options(case: Case, node: Node) -> Iterator[tuple[str, int, int]]:
    if node.op in SOFTMAX:
        now = node.attributes.get("axis", -1 if case.target.opset >= 13 else 1)
        rank = case.rank(node) or 0
        for axis in range(rank if rank > 1 else 0):
            if axis != now % rank:
                yield "axis", now, axis


def _alternatives(case: Case) -> Iterator[Hypothesis]:
    return attribute_hypotheses(case, _options)


def _inject(graph: Graph, chance: random.Random) -> Injection | None:
    places = (node for node in graph.nodes if node.op in SOFTMAX)
    tried = ((node, axis) for node in places for axis in (-2, 1, 2) if axis != node.attributes.get("axis", -1))
    return picked(chance, (set_attribute(node, "axis", axis) for node, axis in tried))


fault = Fault("A2", "LH", EVERYWHERE, _alternatives, _inject)

"""Numbers are rounded or compared by a neighbouring rule.

What it is:
    Floor for round, round for truncate, greater for greater-or-equal: ties and negative numbers come out
    differently.

How it is mended:
    Each of these operators is replaced by each other one of its kind.

When it is wrong:
    Where no number lies on the edge, nothing can be told.

References:
    ONNX specification, Floor, Ceil, Round, Greater, GreaterOrEqual.
"""

from __future__ import annotations

import random
from collections.abc import Iterator

from netmend.network.edits import ReplaceNodes
from netmend.network.graph import Graph, Node
from netmend.repairs.conversion.faults._base import GRAPHS, Case, Fault, Hypothesis, Injection

KINDS = (
    ("Floor", "Ceil", "Round"),
    ("Greater", "GreaterOrEqual", "Less", "LessOrEqual"),
    ("And", "Or", "Xor"),
    ("Max", "Min"),
    ("ReduceMax", "ReduceMin", "ReduceMean", "ReduceSum"),
    ("MaxPool", "AveragePool"),
    ("GlobalMaxPool", "GlobalAveragePool"),
    ("tflite:FLOOR", "tflite:CEIL", "tflite:ROUND"),
    ("tflite:GREATER", "tflite:GREATER_EQUAL", "tflite:LESS", "tflite:LESS_EQUAL"),
    ("tflite:MAXIMUM", "tflite:MINIMUM"),
    ("tflite:REDUCE_MAX", "tflite:REDUCE_MIN", "tflite:MEAN", "tflite:SUM"),
    ("tflite:MAX_POOL_2D", "tflite:AVERAGE_POOL_2D"),
    ("tflite:DIV", "tflite:FLOOR_DIV"),
    ("tflite:RESIZE_BILINEAR", "tflite:RESIZE_NEAREST_NEIGHBOR"),
)
"""Operators that take one another's place in networks."""


def _others(node: Node) -> Iterator[Node]:
    for kind in KINDS:
        for op in kind:
            if node.op in kind and op != node.op:
                yield Node(node.name, op, node.inputs, node.outputs, node.attributes)


def _alternatives(case: Case) -> Iterator[Hypothesis]:
    there = {node.op for node in case.source_nodes}
    for node in case.nodes:
        for other in _others(node):
            says = f"{node.op} {node.name!r} stands where {other.op} is right."
            weight = 1.2 if other.op in there else 1.0
            yield Hypothesis((ReplaceNodes((node.outputs[0],), (other,)),), says, node.outputs[0], weight)


def _inject(graph: Graph, chance: random.Random) -> Injection | None:
    places = [other for node in graph.nodes for other in _others(node)]
    if not places:
        return None
    other = chance.choice(places)
    return (ReplaceNodes((other.outputs[0],), (other,)),), other.outputs[0]


fault = Fault("D3", "CG", GRAPHS, _alternatives, _inject)

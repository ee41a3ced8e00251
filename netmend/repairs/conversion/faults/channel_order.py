"""The channels of the input come in another order than in the source: BGR and RGB are exchanged.

What it is:
    OpenCV and Caffe read images with blue first, everything else with red first. Answers stay plausible.

How it is mended:
    The weight of the first layer is permuted along its input channels, for every order of them.

When it is wrong:
    On grey images nothing can be told.

References:
    xinntao/Real-ESRGAN issue 113.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from itertools import permutations

from netmend.network.graph import Graph, Node
from netmend.repairs.conversion.faults._base import (
    EVERYWHERE,
    Case,
    Fault,
    Hypothesis,
    Injection,
    constant_edits,
    picked,
    plain,
)

MOST_CHANNELS = 4
PASSING = (
    "Pad", "Mul", "Sub", "Add", "Div", "Cast", "Identity", "QuantizeLinear", "DequantizeLinear", "Transpose",
    "tflite:QUANTIZE", "tflite:DEQUANTIZE",
)  # fmt: skip
"""What may stand between the input and the first convolution."""

AXIS = {"Conv": 1, "tflite:CONV_2D": 3}
"""Where a convolution's weight has its input channels."""


def _first(graph: Graph) -> Iterator[Node]:
    """The convolutions that read an input, or what little is done to it."""
    reached = {each.name for each in graph.inputs}
    for node in graph.nodes:
        if reached.isdisjoint(node.inputs):
            continue
        if plain(node.op) in PASSING:
            reached.add(node.outputs[0])
        elif node.op in AXIS and node.inputs[1] in graph.constants and node.inputs[0] in reached:
            weight = graph.constants[node.inputs[1]]
            if 2 <= weight.shape[AXIS[node.op]] <= MOST_CHANNELS:
                yield node


def _alternatives(case: Case) -> Iterator[Hypothesis]:
    inside = set(case.segment.nodes)
    for node in _first(case.target):
        if node.outputs[0] not in inside:
            continue
        axis, weight = AXIS[node.op], case.target.constants[node.inputs[1]]
        for order in list(permutations(range(weight.shape[axis])))[1:]:
            says = (
                f"{node.op} {node.name!r} reads the channels of the input in the wrong order; {list(order)} is right."
            )
            edits = constant_edits(case.target, node, 1, weight.take(order, axis))
            recipe = f"feed the channels in the order {list(order)}."
            yield Hypothesis(edits, says, node.outputs[0], 1.2, recipe)


def _inject(graph: Graph, chance: random.Random) -> Injection | None:
    def made() -> Iterator[Injection]:
        for node in _first(graph):
            axis, weight = AXIS[node.op], graph.constants[node.inputs[1]]
            order = list(range(weight.shape[axis]))[::-1]
            yield constant_edits(graph, node, 1, weight.take(order, axis)), node.outputs[0]

    return picked(chance, made())


fault = Fault("P2", "PP", EVERYWHERE, _alternatives, _inject)

"""Weights whose channels differ much in size share one scale, so that the small ones are rounded away.

What it is:
    Depthwise weights have channels of very different sizes. On one grid for all of them the small ones come to a few
    integers, or to zero.

How it is mended:
    The source's weights are quantised anew with a scale for each output channel, to the same number of bits.

When it is wrong:
    It changes all integers of the weight, and is therefore tried after what leaves them alone.

References:
    microsoft/onnxruntime issue 11415; Krishnamoorthi, Quantizing deep convolutional networks for efficient inference,
    2018, section 3.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from netmend.network.edits import Edit, SetConstant, SetScheme
from netmend.network.graph import Array, Graph, Node
from netmend.network.quantisation import Scheme
from netmend.repairs.conversion.faults._base import Borrowed, Case, Fault, Hypothesis, Injection
from netmend.repairs.conversion.faults._linear import CANONICAL, like, pairs

AXIS = {"tflite:CONV_2D": 0, "tflite:DEPTHWISE_CONV_2D": 3, "tflite:TRANSPOSE_CONV": 0, "tflite:FULLY_CONNECTED": 0}
"""Along which axis TFLite's weights have scales (8-bit quantization specification, operator by operator)."""


def _alternatives(case: Case) -> Iterator[Hypothesis]:
    for ours, theirs in pairs(case):
        node = ours.through[0]
        grid = case.target.quantisation.get(node.inputs[1])
        if grid is None or grid.scale.size > 1 or node.op not in AXIS:
            continue
        stored = like(theirs.weight, node, case.target.constants[node.inputs[1]])
        if stored is not None:
            says = f"The weights of {node.op} {node.name!r} share one scale where each output needs its own."
            edits = _by_output(node.inputs[1], stored, grid, AXIS[node.op])
            yield Hypothesis(edits, says, node.outputs[0], borrowed=Borrowed.KNOWN)
            name = theirs.through[0].inputs[1]
            known = case.source.quantisation.get(name)
            if known is not None and theirs.through[0].op == node.op:
                same = SetScheme(node.inputs[1], known), SetConstant(node.inputs[1], case.source.constants[name])
                yield Hypothesis(same, says, node.outputs[0], 1.1, borrowed=Borrowed.KNOWN)


def _by_output(name: str, weight: Array, grid: Scheme, axis: int) -> tuple[Edit, ...]:
    others = tuple(each for each in range(weight.ndim) if each != axis)
    limit = min(np.iinfo(grid.dtype).max, 127)
    scale = np.maximum(np.abs(weight).max(others) / limit, 1e-12).astype(np.float32)
    new = Scheme(scale, np.zeros(len(scale), np.int64), grid.dtype, axis)
    return SetScheme(name, new), SetConstant(name, new.codes(weight))


def _places(graph: Graph) -> Iterator[tuple[Node, Scheme]]:
    for node in graph.nodes:
        grid = graph.quantisation.get(node.inputs[1]) if node.op in CANONICAL and len(node.inputs) > 1 else None
        if grid is not None and grid.scale.size > 1 and node.inputs[1] in graph.constants:
            yield node, grid


def _inject(graph: Graph, chance: random.Random) -> Injection | None:
    places = list(_places(graph))
    if not places:
        return None
    node, grid = chance.choice(places)
    name = node.inputs[1]
    values = grid.values(graph.constants[name])
    # A grid so wide that the smaller channels lose most of their digits.
    wide = np.array([np.abs(values).max() / 8], np.float32)
    new = replace(grid, scale=wide, zero_point=np.zeros(1, np.int64))
    return (SetScheme(name, new), SetConstant(name, new.codes(values))), node.outputs[0]


fault = Fault("Q2", "WB", ("tflite",), _alternatives, _inject)

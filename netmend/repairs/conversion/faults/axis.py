"""An operator works along another axis than in the source.

What it is:
    When a converter changes the layout from channels first to channels last, every axis number has to follow. Where one
    is forgotten, the operator joins, cuts, sums or picks along the wrong axis.

How it is mended:
    Every axis is tried; for sums and means over several axes every choice of as many.

When it is wrong:
    Axes of the same length and content cannot be told apart; then either is as good.

References:
    PINTO0309/onnx2tf issues 180 and 205.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from itertools import combinations

import numpy as np

from netmend.network.edits import SetAttribute
from netmend.network.graph import Graph, Node
from netmend.repairs.conversion.faults._base import EVERYWHERE, Case, Fault, Hypothesis, Injection, constant_edits

SINGLE = {
    "Concat": 0, "Gather": 0, "GatherElements": 0, "Split": 0, "ArgMax": 0, "ArgMin": 0, "Flatten": 1,
    "tflite:CONCATENATION": 0, "tflite:GATHER": 0, "tflite:PACK": 0, "tflite:UNPACK": 0,
}  # fmt: skip
"""Operators with one axis, and its default."""

SEVERAL = (
    "ReduceMean", "ReduceSum", "ReduceMax", "ReduceMin", "ReduceL1", "ReduceL2", "ReduceSumSquare", "ReduceProd",
    "ReduceLogSumExp", "tflite:MEAN", "tflite:SUM", "tflite:REDUCE_MAX", "tflite:REDUCE_MIN", "tflite:REDUCE_PROD",
)  # fmt: skip
INDEXED = {
    "CumSum": 1, "Squeeze": 1, "Unsqueeze": 1, "Slice": 3, "tflite:CUMSUM": 1, "tflite:ARG_MAX": 1, "tflite:ARG_MIN": 1,
    "tflite:EXPAND_DIMS": 1, "tflite:REVERSE_V2": 1, "tflite:SPLIT": 0,
}  # fmt: skip
"""Operators that read their axes as an input, at this place."""


def _alternatives(case: Case) -> Iterator[Hypothesis]:
    for node in case.nodes:
        # TFLite's SPLIT reads its axis first.
        value = case.read(node, 1 if node.op == "tflite:SPLIT" else 0)
        if value is None or not value.ndim:
            continue
        rank = value.ndim
        key = node.outputs[0]
        if node.op in SINGLE:
            now = node.attributes.get("axis", SINGLE[node.op])
            for axis in range(rank):
                if axis != now % rank:
                    says = f"{node.op} {node.name!r} works along axis {now} where {axis} is right."
                    yield Hypothesis((SetAttribute(key, "axis", axis),), says, key)
        elif node.op in SEVERAL or node.op in INDEXED:
            yield from _several(case, node, rank)


def _several(case: Case, node: Node, rank: int) -> Iterator[Hypothesis]:
    key, index = node.outputs[0], INDEXED.get(node.op, 1)
    stored = case.target.constants.get(node.inputs[index]) if len(node.inputs) > index else None
    now = stored.reshape(-1).tolist() if stored is not None else node.attributes.get("axes")
    if now is None:
        return
    usual = {each % rank for each in now}
    for axes in combinations(range(rank + len(now) if node.op == "Unsqueeze" else rank), len(now)):
        if set(axes) != usual:
            says = f"{node.op} {node.name!r} works along axes {now} where {list(axes)} is right."
            if stored is None:
                yield Hypothesis((SetAttribute(key, "axes", list(axes)),), says, key)
            else:
                value = np.array(axes).reshape(stored.shape)
                yield Hypothesis(constant_edits(case.target, node, index, value), says, key)


def _inject(graph: Graph, chance: random.Random) -> Injection | None:
    places = [node for node in graph.nodes if node.op in SINGLE or node.op in SEVERAL or node.op in INDEXED]
    if not places:
        return None
    node = chance.choice(places)
    key, axis = node.outputs[0], chance.choice([-3, -2, -1, 1, 2, 3])
    if node.op in SINGLE:
        return (SetAttribute(key, "axis", axis),), key
    index = INDEXED.get(node.op, 1)
    stored = graph.constants.get(node.inputs[index]) if len(node.inputs) > index else None
    now = stored.reshape(-1).tolist() if stored is not None else list(node.attributes.get("axes") or ())
    if not now:
        return None
    now[chance.randrange(len(now))] = axis
    if len(set(now)) < len(now):
        return None
    if stored is None:
        return (SetAttribute(key, "axes", now),), key
    return constant_edits(graph, node, index, np.array(now).reshape(stored.shape)), key


fault = Fault("L1", "LH", EVERYWHERE, _alternatives, _inject)

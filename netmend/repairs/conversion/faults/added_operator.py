"""The target has an operator too many.

What it is:
    A converter adds an activation, a scale or a transposition that the source does not have.

How it is mended:
    Each node whose output has the shape of an input is left out.

When it is wrong:
    Never on its own: an edit is kept only where it makes the outputs right.

References:
    onnx/onnxmltools issues 716 and 719; FetaFix (Louloudakis et al., EASE 2025), fault type computational graph.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator

from netmend.network.graph import Graph, Node
from netmend.repairs.conversion.faults._base import (
    GRAPHS,
    Case,
    Fault,
    Hypothesis,
    Injection,
    fresh,
    inserted_after,
    plain,
    without,
)

ADDED = ("Relu", "Sigmoid", "Tanh", "Abs", "Neg")
"""Operators that are put in: any shape goes through them."""

BEHIND = (
    "Conv", "Gemm", "BatchNormalization", "Add", "MatMul", "tflite:CONV_2D", "tflite:DEPTHWISE_CONV_2D",
    "tflite:FULLY_CONNECTED",
)  # fmt: skip


def _alternatives(case: Case) -> Iterator[Hypothesis]:
    kept = [each.target for each in case.segment.outputs]
    ours, theirs = (Counter(plain(node.op) for node in nodes) for nodes in (case.nodes, case.source_nodes))
    for node in case.nodes:
        made = case.inner.get(node.outputs[0])
        for index, name in enumerate(node.inputs):
            value = case.read(node, index)
            if not name or name in case.target.constants or made is None or value is None or value.shape != made.shape:
                continue
            says = f"{node.op} {node.name!r} has no counterpart in the source."
            # Where the source has as many of its kind, it is more likely that this one is right to be there.
            weight = 1.18 if ours[plain(node.op)] > theirs[plain(node.op)] else 0.9
            yield Hypothesis(without(case.target, node, index, kept), says, node.outputs[0], weight)


def _inject(graph: Graph, chance: random.Random) -> Injection | None:
    places = [node for node in graph.nodes if plain(node.op) in BEHIND]
    if not places:
        return None
    node, op = chance.choice(places), chance.choice(ADDED)
    edit = inserted_after(graph, node, lambda old, new: (Node(fresh(graph, f"{new} added"), op, (old,), (new,)),), {})
    return (edit,), node.outputs[0]


fault = Fault("O3", "CG", GRAPHS, _alternatives, _inject)

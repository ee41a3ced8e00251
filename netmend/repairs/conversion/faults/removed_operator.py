"""The target lacks an operator of the source.

What it is:
    A converter drops an activation, a scale or a sum, often where it fuses operators.

How it is mended:
    Each operator of the source's stretch that needs one tensor, its constants aside, is put in behind each node of the
    target, and in front of the first.

When it is wrong:
    Never on its own: an edit is kept only where it makes the outputs right.

References:
    onnx/onnxmltools issues 716 and 719; MPolaris/onnx2tflite issue 98; FetaFix (Louloudakis et al., EASE 2025), fault
    type computational graph.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping
from dataclasses import replace

from netmend.network.graph import Array, Graph, Node
from netmend.repairs.conversion.faults._activations import NAMES
from netmend.repairs.conversion.faults._base import (
    GRAPHS,
    Borrowed,
    Case,
    Fault,
    Hypothesis,
    Injection,
    fresh,
    inserted_after,
    inserted_before,
    without,
)


def _alternatives(case: Case) -> Iterator[Hypothesis]:
    for theirs in case.source_nodes:
        tensors = [place for place, name in enumerate(theirs.inputs) if name and name not in case.source.constants]
        # An operator that reads a graph of its own tensors has more than one place to go.
        if len(tensors) != 1 or len(theirs.outputs) != 1 or ":" in theirs.op:
            continue
        constants = {
            fresh(case.target, f"{name} of the source"): (place, case.source.constants[name])
            for place, name in enumerate(theirs.inputs)
            if name and place != tensors[0]
        }
        yield from _everywhere(case, theirs, tensors[0], constants)


def _everywhere(case: Case, theirs: Node, at: int, constants: Mapping[str, tuple[int, Array]]) -> Iterator[Hypothesis]:
    stored = {name: value for name, (_, value) in constants.items()}

    def made(old: str, new: str) -> tuple[Node, ...]:
        inputs = list(theirs.inputs)
        inputs[at] = old
        for name, (place, _) in constants.items():
            inputs[place] = name
        return (
            replace(
                theirs, name=fresh(case.target, f"{theirs.name} of the source"), inputs=tuple(inputs), outputs=(new,)
            ),
        )

    borrowed = Borrowed.KNOWN if theirs.op in NAMES or not stored else Borrowed.CONSTANT
    for place, node in enumerate(case.nodes):
        says = f"{theirs.op} {theirs.name!r} of the source is missing behind {node.op} {node.name!r}."
        edit = inserted_after(case.target, node, made, stored)
        yield Hypothesis((edit,), says, node.outputs[0], 0.9, borrowed=borrowed)
        if place == 0 and node.inputs[0] in case.feeds:
            says = f"{theirs.op} {theirs.name!r} of the source is missing before {node.op} {node.name!r}."
            before = made(node.inputs[0], fresh(case.target, f"{node.inputs[0]} mended"))
            edit = inserted_before(case.target, node, 0, before, stored)
            yield Hypothesis((edit,), says, node.outputs[0], 0.85, borrowed=borrowed)


def _inject(graph: Graph, chance: random.Random) -> Injection | None:
    taken = {each.name for each in graph.outputs}
    places = [
        node
        for node in graph.nodes
        if (node.op in NAMES or node.op in ("Add", "Mul", "BatchNormalization", "Softmax", "Clip"))
        and node.outputs[0] not in taken
        and node.inputs[0] not in graph.constants
        and graph.producer(node.inputs[0]) is not None
    ]
    if not places:
        return None
    node = chance.choice(places)
    before = graph.producer(node.inputs[0])
    assert before is not None
    return (without(graph, node),), before.outputs[0]


fault = Fault("O3", "CG", GRAPHS, _alternatives, _inject)

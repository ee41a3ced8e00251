"""Two operators that follow one another are exchanged.

What it is:
    An activation before a sum or normalisation instead of behind it, a pooling before an activation, a clip before a
    scale.

How it is mended:
    Each node that reads one tensor is exchanged with the one behind it, where nothing else reads what is between.

When it is wrong:
    Exchanges that change nothing, as of a maximum and a rising function, are never proposed to be wrong.

References:
    FetaFix (Louloudakis et al., EASE 2025), fault type computational graph.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import replace

from netmend.network.edits import Edit, ReplaceNodes
from netmend.network.graph import Graph, Node
from netmend.repairs.conversion.faults._base import GRAPHS, Case, Fault, Hypothesis, Injection

GRIDS = ("tflite:QUANTIZE", "tflite:DEQUANTIZE", "QuantizeLinear", "DequantizeLinear")
"""Operators that others cannot change places with, because what they read is of another kind than what they make."""


def _exchanges(graph: Graph, nodes: tuple[Node, ...]) -> Iterator[tuple[Node, Node, Edit]]:
    inside = {node.outputs[0] for node in nodes}
    for first in nodes:
        users = graph.users(first.outputs[0])
        read = [place for place, name in enumerate(first.inputs) if name and name not in graph.constants]
        if len(users) != 1 or users[0].outputs[0] not in inside or len(read) != 1 or len(first.outputs) > 1:
            continue
        second, between = users[0], first.outputs[0]
        if first.op in GRIDS or second.op in GRIDS:
            continue
        others = [name for name in second.inputs if name and name != between and name not in graph.constants]
        if others or second.inputs.count(between) != 1 or len(second.outputs) > 1 or between in _asked(graph):
            continue
        start = first.inputs[read[0]]
        moved = replace(
            second, inputs=tuple(start if name == between else name for name in second.inputs), outputs=(between,)
        )
        behind = replace(
            first,
            inputs=tuple(between if place == read[0] else name for place, name in enumerate(first.inputs)),
            outputs=second.outputs,
        )
        yield first, second, ReplaceNodes((between, second.outputs[0]), (moved, behind))


def _asked(graph: Graph) -> set[str]:
    return {each.name for each in graph.outputs}


def _alternatives(case: Case) -> Iterator[Hypothesis]:
    for first, second, edit in _exchanges(case.target, case.nodes):
        says = f"{first.op} {first.name!r} stands before {second.op} {second.name!r}; the other way round is right."
        yield Hypothesis((edit,), says, first.outputs[0], 1.1)


def _inject(graph: Graph, chance: random.Random) -> Injection | None:
    places = list(_exchanges(graph, graph.nodes))
    if not places:
        return None
    first, _, edit = chance.choice(places)
    return (edit,), first.outputs[0]


fault = Fault("O3", "CG", GRAPHS, _alternatives, _inject)

"""A recurrent layer reads its sequence from the other end than in the source.

What it is:
    The direction was lost, or the two halves of a bidirectional layer were exchanged.

How it is mended:
    The other direction is tried; of a layer with both, the halves of all weights are exchanged.

When it is wrong:
    Sequences of length one read the same from either end.

References:
    keras-team/keras issue 15915; ONNX specification, LSTM.
"""

from __future__ import annotations

import random
from collections.abc import Iterator

import numpy as np

from netmend.network.edits import Edit, SetAttribute
from netmend.network.graph import Graph, Node
from netmend.repairs.conversion.faults._base import EVERYWHERE, Case, Fault, Hypothesis, Injection, constant_edits

RECURRENT = ("RNN", "GRU", "LSTM")
OTHER = {"forward": "reverse", "reverse": "forward"}


def _turned(graph: Graph, node: Node) -> tuple[str, tuple[Edit, ...]]:
    """The direction that holds now, and the edits that turn it."""
    now = node.attributes.get("direction", "forward")
    if now in OTHER:
        return now, (SetAttribute(node.outputs[0], "direction", OTHER[now]),)
    places = [index for index in range(1, min(4, len(node.inputs))) if node.inputs[index] in graph.constants]
    edits = (
        constant_edits(graph, node, index, np.ascontiguousarray(graph.constants[node.inputs[index]][::-1]))
        for index in places
    )
    return now, tuple(edit for each in edits for edit in each)


def _alternatives(case: Case) -> Iterator[Hypothesis]:
    for node in case.nodes:
        if node.op in RECURRENT:
            now, edits = _turned(case.target, node)
            if edits:
                says = f"{node.op} {node.name!r} runs {now}; the other way round is right."
                yield Hypothesis(edits, says, node.outputs[0])


def _inject(graph: Graph, chance: random.Random) -> Injection | None:
    places = [node for node in graph.nodes if node.op in RECURRENT]
    if not places:
        return None
    node = chance.choice(places)
    edits = _turned(graph, node)[1]
    return (edits, node.outputs[0]) if edits else None


fault = Fault("G1", "LH", EVERYWHERE, _alternatives, _inject)

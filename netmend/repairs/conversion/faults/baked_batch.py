"""The number of inputs that the network was exported with is written into it.

What it is:
    A Reshape or Expand names the batch it was traced with, and fails, or mixes inputs, with any other.

How it is mended:
    The first number of the shape is set to follow the input, or to be whatever is left.

When it is wrong:
    With the very batch it was exported for nothing is wrong.

References:
    kotaro-kinoshita/yomitoku pull request 215.
"""

from __future__ import annotations

import random
from collections.abc import Iterator

import numpy as np

from netmend.network.graph import Array, Graph, Node
from netmend.repairs.conversion.faults._base import EVERYWHERE, Case, Fault, Hypothesis, Injection, constant_edits


def _shape(graph: Graph, node: Node) -> Array | None:
    stored = graph.constants.get(node.inputs[1]) if node.op in ("Reshape", "Expand") and len(node.inputs) > 1 else None
    return stored if stored is not None and stored.ndim == 1 and stored.size else None


def _alternatives(case: Case) -> Iterator[Hypothesis]:
    for node in case.nodes:
        stored = _shape(case.target, node)
        if stored is None or stored[0] < 1:
            continue
        for first in (-1, 0) if node.op == "Reshape" else (1,):
            shape = [first, *stored[1:].tolist()]
            # One length may be left open; with the batch open, another that was open becomes a number.
            if shape.count(-1) > 1:
                continue
            says = f"{node.op} {node.name!r} is to a shape of {stored.tolist()} where {shape} is right."
            yield Hypothesis(constant_edits(case.target, node, 1, np.array(shape)), says, node.outputs[0])


def _inject(graph: Graph, chance: random.Random) -> Injection | None:
    places = [
        (node, shape) for node in graph.nodes if (shape := _shape(graph, node)) is not None and shape[0] in (0, -1)
    ]
    if not places:
        return None
    node, shape = chance.choice(places)
    baked = [1, *shape[1:].tolist()]
    if shape[0] == 0 and -1 not in baked and node.op == "Reshape":
        return constant_edits(graph, node, 1, np.array(baked)), node.outputs[0]
    return constant_edits(graph, node, 1, np.array(baked)), node.outputs[0]


fault = Fault("C2", "TSS", EVERYWHERE, _alternatives, _inject)

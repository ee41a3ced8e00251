"""Windows are moved by other steps than in the source.

What it is:
    Strides of the two axes swapped, or lost on the way. The shape changes, unless something behind it does not
    mind.

How it is mended:
    Every strides up to 4 are tried: the same for all axes, then for one at a time.

When it is wrong:
    Never on its own: an edit is kept only where it makes the outputs right.

References:
    FetaFix (Louloudakis et al., EASE 2025), fault type layer hyperparameters.
"""

from __future__ import annotations

import random
from collections.abc import Iterator

from netmend.network.graph import Graph
from netmend.repairs.conversion.faults._base import EVERYWHERE, Case, Fault, Hypothesis, Injection
from netmend.repairs.conversion.faults._windows import other_steps, stepping, steps_of

MOST = 4
"""Larger ones are rare in published networks (own choice)."""


def _alternatives(case: Case) -> Iterator[Hypothesis]:
    for node in case.nodes:
        for steps in other_steps(node, "strides", MOST):
            now = steps_of(node, "strides")
            says = f"The strides of {node.op} {node.name!r} are {now} where {steps} are right."
            yield Hypothesis(stepping(node, "strides", steps), says, node.outputs[0], 1.0 / len(set(steps)))


def _inject(graph: Graph, chance: random.Random) -> Injection | None:
    places = [(node, steps) for node in graph.nodes for steps in other_steps(node, "strides", MOST)]
    if not places:
        return None
    node, steps = chance.choice(places)
    return stepping(node, "strides", steps), node.outputs[0]


fault = Fault("S5", "LH", EVERYWHERE, _alternatives, _inject)

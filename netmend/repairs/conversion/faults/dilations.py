"""The holes in a window are wider or narrower than in the source.

What it is:
    Dilations lost, or taken for one axis only. The shape changes with them, unless padding makes up for it.

How it is mended:
    Every dilations up to 4 are tried: the same for all axes, then for one at a time.

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
        for steps in other_steps(node, "dilations", MOST):
            now = steps_of(node, "dilations")
            says = f"The dilations of {node.op} {node.name!r} are {now} where {steps} are right."
            yield Hypothesis(stepping(node, "dilations", steps), says, node.outputs[0], 1.0 / len(set(steps)))


def _inject(graph: Graph, chance: random.Random) -> Injection | None:
    places = [(node, steps) for node in graph.nodes for steps in other_steps(node, "dilations", MOST)]
    if not places:
        return None
    node, steps = chance.choice(places)
    return stepping(node, "dilations", steps), node.outputs[0]


fault = Fault("S6", "LH", EVERYWHERE, _alternatives, _inject)

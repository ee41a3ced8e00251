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
from itertools import product

from netmend.network.graph import Graph, Node
from netmend.repairs.conversion.faults._base import (
    EVERYWHERE,
    Case,
    Fault,
    Hypothesis,
    Injection,
    attribute_hypotheses,
    picked,
    set_attribute,
)
from netmend.repairs.conversion.faults._windows import WINDOWED

MOST = 4
"""Larger ones are rare in published networks (own choice)."""


def _options(case: Case | None, node: Node) -> Iterator[tuple[str, list[int], list[int]]]:
    if node.op not in WINDOWED:
        return
    rank = len(node.attributes.get("dilations") or node.attributes.get("kernel_shape") or [1, 1])
    now = list(node.attributes.get("dilations") or [1] * rank)
    tried = [[step] * rank for step in range(1, MOST + 1)]
    tried += [list(steps) for steps in product(range(1, MOST + 1), repeat=rank) if rank <= 2 and len(set(steps)) > 1]
    for steps in tried:
        yield "dilations", now, steps


def _alternatives(case: Case) -> Iterator[Hypothesis]:
    return attribute_hypotheses(case, _options)


def _inject(graph: Graph, chance: random.Random) -> Injection | None:
    found = ((node, option) for node in graph.nodes for option in _options(None, node))
    return picked(chance, (set_attribute(node, name, value) for node, (name, now, value) in found if value != now))


fault = Fault("S6", "LH", EVERYWHERE, _alternatives, _inject)

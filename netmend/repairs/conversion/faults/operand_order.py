"""The operands of an operator are exchanged.

What it is:
    Differences, quotients, powers, products of matrices and joined tensors depend on the order of what they read.

How it is mended:
    Every exchange of two operands is tried.

When it is wrong:
    Never on its own: an edit is kept only where it makes the outputs right.

References:
    A class known from all converters; FetaFix (Louloudakis et al., EASE 2025), fault type computational graph.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from itertools import combinations

from netmend.network.edits import Edit, SetInput
from netmend.network.graph import Graph, Node
from netmend.repairs.conversion.faults._base import GRAPHS, Case, Fault, Hypothesis, Injection, plain

ORDERED = ("Sub", "Div", "Pow", "MatMul", "Concat", "Mod", "Where")
"""Comparisons are left out: `rounding_rule` turns them round."""
MOST = 6
"""Operands of which every exchange is tried (own choice)."""


def _exchanged(node: Node) -> Iterator[tuple[tuple[int, int], tuple[Edit, ...]]]:
    places = range(1, 3) if node.op == "Where" else range(min(len(node.inputs), MOST))
    for one, other in combinations(places, 2) if plain(node.op) in ORDERED else ():
        left, right = node.inputs[one], node.inputs[other]
        if left != right:
            key = node.outputs[0]
            yield (one, other), (SetInput(key, one, right), SetInput(key, other, left))


def _alternatives(case: Case) -> Iterator[Hypothesis]:
    for node in case.nodes:
        for (one, other), edits in _exchanged(node):
            says = f"The operands {one} and {other} of {node.op} {node.name!r} are exchanged."
            yield Hypothesis(edits, says, node.outputs[0])


def _inject(graph: Graph, chance: random.Random) -> Injection | None:
    places = [(edits, node.outputs[0]) for node in graph.nodes for _, edits in _exchanged(node)]
    return chance.choice(places) if places else None


fault = Fault("O4", "CG", GRAPHS, _alternatives, _inject)

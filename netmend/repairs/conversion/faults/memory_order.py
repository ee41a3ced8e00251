"""A constant holds the right numbers in the order of another layout.

What it is:
    A tensor that was a view (transposed, not contiguous) is written as it lies in memory under the shape of the view.
    The same happens where weights are reshaped instead of transposed on their way to another layout.

How it is mended:
    The numbers are read as a tensor with its axes in every other order, and transposed to the shape they have.

When it is wrong:
    Never on its own: an edit is kept only where it makes the outputs right.

References:
    google-ai-edge/litert-torch issue 1238.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from itertools import permutations

import numpy as np

from netmend.network.graph import Array, Graph, Node
from netmend.repairs.conversion.faults._base import EVERYWHERE, Case, Fault, Hypothesis, Injection, constant_edits


def _alternatives(case: Case) -> Iterator[Hypothesis]:
    for node, index, stored in _places(case.target, case.nodes):
        for order in _orders(stored):
            says = f"The constant {node.inputs[index]!r} of {node.op} {node.name!r} lies in the order {list(order)}."
            moved = _unravelled(stored, order)
            yield Hypothesis(constant_edits(case.target, node, index, moved), says, node.outputs[0], 0.9)


def _places(graph: Graph, nodes: tuple[Node, ...]) -> Iterator[tuple[Node, int, Array]]:
    for node in nodes:
        for index, name in enumerate(node.inputs):
            stored = graph.constants.get(name)
            if (
                stored is not None
                and 2 <= stored.ndim <= 5
                and (stored.dtype.kind == "f" or name in graph.quantisation)
            ):
                yield node, index, stored


def _orders(stored: Array) -> Iterator[tuple[int, ...]]:
    """Orders that change the shape: those that do not are the transpositions of `weight_layout`."""
    for order in permutations(range(stored.ndim)):
        long = [axis for axis in order if stored.shape[axis] > 1]
        if long != sorted(long) and [stored.shape[axis] for axis in long] != [
            size for size in stored.shape if size > 1
        ]:
            yield order


def _unravelled(stored: Array, order: tuple[int, ...]) -> Array:
    """The tensor whose numbers, with its axes in an order, lie in memory as the stored ones do."""
    return stored.reshape([stored.shape[axis] for axis in order]).transpose(np.argsort(order))


def _inject(graph: Graph, chance: random.Random) -> Injection | None:
    places = [each for each in _places(graph, graph.nodes) if any(_orders(each[2]))]
    if not places:
        return None
    node, index, stored = chance.choice(places)
    order = chance.choice(list(_orders(stored)))
    return constant_edits(graph, node, index, stored.transpose(order).reshape(stored.shape)), node.outputs[0]


fault = Fault("W3", "WB", EVERYWHERE, _alternatives, _inject)

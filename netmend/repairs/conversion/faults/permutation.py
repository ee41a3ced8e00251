"""A tensor is transposed by another order of axes than in the source, or not at all.

What it is:
    Where two axes are equally long, a converter that guesses the layout from shapes may take either. The shape is
    right, and the numbers are in the wrong places.

How it is mended:
    Of every Transpose all orders of axes are tried, and in front of every Reshape and Flatten and of every product
    of matrices a Transpose is put in.

When it is wrong:
    Never on its own: an edit is kept only where it makes the outputs right.

References:
    PINTO0309/onnx2tf issue 478 and pull requests 382 and 479.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from itertools import permutations

import numpy as np

from netmend.network.edits import Edit, SetAttribute
from netmend.network.graph import Graph, Node
from netmend.repairs.conversion.faults._base import (
    GRAPHS,
    Case,
    Fault,
    Hypothesis,
    Injection,
    constant_edits,
    fresh,
    inserted_before,
    plain,
)

MOST_AXES = 5
SENSITIVE = ("Reshape", "Flatten", "MatMul", "Gemm", "tflite:FULLY_CONNECTED")
"""Operators behind which the order of the axes can no longer be seen."""

AS_IN_SOURCE = 1.3
"""Weight of an order that a Transpose of the source's stretch has (own choice)."""

WINDOWED = ("Conv", "ConvTranspose", "MaxPool", "AveragePool", "GlobalAveragePool", "BatchNormalization")
"""Operators that take channels first, and no other order."""


def _alternatives(case: Case) -> Iterator[Hypothesis]:
    known = {_order(case.source, node) for node in case.source_nodes if plain(node.op) == "Transpose"}
    for node in case.nodes:
        rank = case.rank(node)
        if rank is None or rank > MOST_AXES:
            continue
        key = node.outputs[0]
        if plain(node.op) == "Transpose":
            now = _order(case.target, node) or tuple(range(rank)[::-1])
            for order in permutations(range(rank)):
                if order != now:
                    says = (
                        f"Transpose {node.name!r} takes the axes in the order {list(now)} where {list(order)} is right."
                    )
                    weight = AS_IN_SOURCE if order in known else 1.0
                    yield Hypothesis(_ordered(case.target, node, list(order)), says, key, weight)
        elif plain(node.op) in SENSITIVE:
            for index in range(2) if plain(node.op) == "MatMul" else (0,):
                yield from _inserted(case, node, index)
        elif plain(node.op) in WINDOWED and node.inputs[0] in (held := _held(case)):
            order = held[node.inputs[0]]
            says = f"{node.op} {node.name!r} needs its input 0 with the axes in the order {list(order)}."
            yield Hypothesis(_transposed(case.target, node, 0, order), says, key, 0.6)


def _held(case: Case) -> dict[str, tuple[int, ...]]:
    """What the stretch reads in another order than the source has it, and the order that gives it back."""
    return {
        each.target: tuple(int(axis) for axis in np.argsort(each.layout))
        for each in case.segment.inputs
        if each.layout is not None and each.shape is None
    }


def _order(graph: Graph, node: Node) -> tuple[int, ...] | None:
    """The order that a Transpose states; TFLite's reads it."""
    if node.op == "Transpose":
        given = node.attributes.get("perm")
        return None if given is None else tuple(given)
    stored = graph.constants.get(node.inputs[1])
    return None if stored is None else tuple(stored.tolist())


def _ordered(graph: Graph, node: Node, order: list[int]) -> tuple[Edit, ...]:
    if node.op == "Transpose":
        return (SetAttribute(node.outputs[0], "perm", order),)
    return constant_edits(graph, node, 1, np.array(order))


def _inserted(case: Case, node: Node, index: int) -> Iterator[Hypothesis]:
    value = case.read(node, index)
    if value is None or node.inputs[index] in case.target.constants or not 2 <= value.ndim <= MOST_AXES:
        return
    for rest in permutations(range(1, value.ndim)):
        order = (0, *rest)
        if order != tuple(range(value.ndim)):
            says = f"{node.op} {node.name!r} needs its input {index} with the axes in the order {list(order)}."
            yield Hypothesis(_transposed(case.target, node, index, order), says, node.outputs[0], 0.7)


def _transposed(graph: Graph, node: Node, index: int, order: tuple[int, ...]) -> tuple[Edit, ...]:
    name = fresh(graph, f"{node.inputs[index]} transposed for {node.outputs[0]}")
    made = Node(name, "Transpose", (node.inputs[index],), (name,), {"perm": list(order)})
    return inserted_before(node, index, (made,), {})


def _inject(graph: Graph, chance: random.Random) -> Injection | None:
    turned = [node for node in graph.nodes if plain(node.op) == "Transpose" and len(_order(graph, node) or ()) > 2]
    if turned and chance.random() < 0.7:
        node = chance.choice(turned)
        order = list(_order(graph, node) or ())
        one, other = chance.sample(range(1, len(order)), 2)
        order[one], order[other] = order[other], order[one]
        return _ordered(graph, node, order), node.outputs[0]
    # A needless exchange of the last two axes, as where height and width are equally long.
    flat = [
        node
        for node in graph.nodes
        if plain(node.op) in ("Reshape", "Flatten") and node.inputs[0] not in graph.constants
    ]
    if not flat:
        return None
    node = chance.choice(flat)
    edits = _transposed(graph, node, 0, chance.choice([(0, 1, 3, 2), (0, 2, 1)]))
    return edits, fresh(graph, f"{node.inputs[0]} transposed for {node.outputs[0]}")


fault = Fault("L2", "TSS", GRAPHS, _alternatives, _inject)

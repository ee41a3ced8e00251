"""Whole numbers are divided, or their remainder is taken, by another rule than in the source.

What it is:
    Division of whole numbers rounds towards zero or downwards, and a remainder has the sign of the one number or
    the other. Only negative numbers show it.

How it is mended:
    The flag of a remainder is turned. A division is written out so that it rounds downwards.

When it is wrong:
    Where no number is negative, nothing can be told.

References:
    ONNX specification, Div and Mod; Python language reference, binary arithmetic operations.
"""

from __future__ import annotations

import random
from collections.abc import Iterator

import numpy as np

from netmend.network.edits import Edit, ReplaceNodes, SetAttribute
from netmend.network.graph import Graph, Node
from netmend.repairs.conversion.faults._base import GRAPHS, Case, Fault, Hypothesis, Injection, fresh


def _alternatives(case: Case) -> Iterator[Hypothesis]:
    for node in case.nodes:
        key, value = node.outputs[0], case.read(node, 0)
        if node.op == "Mod":
            now = node.attributes.get("fmod", 0)
            sign = "number" if now else "divisor"
            says = f"The remainder {node.name!r} has the sign of the {sign}; the other's is right."
            yield Hypothesis((SetAttribute(key, "fmod", 1 - now),), says, key)
        elif node.op == "Div" and value is not None and value.dtype.kind == "i":
            says = f"Div {node.name!r} rounds towards zero where rounding downwards is right."
            yield Hypothesis((_downwards(case.target, node),), says, key)
            yield Hypothesis((_without_remainder(case.target, node),), says, key, 0.5)


def _downwards(graph: Graph, node: Node) -> Edit:
    """a // b as (a - a mod b) / b, where the remainder has the sign of b, so that nothing is left to round."""
    left, right = node.inputs
    rest, whole = (fresh(graph, f"{node.outputs[0]} {what}") for what in ("rest", "whole"))
    made = (
        Node(rest, "Mod", (left, right), (rest,)),
        Node(whole, "Sub", (left, rest), (whole,)),
        Node(node.name, "Div", (whole, right), node.outputs),
    )
    return ReplaceNodes((node.outputs[0],), made)


def _without_remainder(graph: Graph, node: Node) -> Edit:
    """One less than a / b where what is left has another sign than b; Mod came with version 10 of ONNX."""
    key, (left, right) = node.outputs[0], node.inputs
    zero = fresh(graph, f"{key} zero")
    names = [fresh(graph, f"{key} {what}") for what in ("towards zero", "product", "rest", "sign", "above", "one")]
    made = (("Div", left, right), ("Mul", names[0], right), ("Sub", left, names[1]), ("Mul", names[2], right))
    steps = [Node(name, op, tuple(inputs), (name,)) for name, (op, *inputs) in zip(names, made, strict=False)]
    steps.append(Node(names[4], "Less", (names[3], zero), (names[4],)))
    steps.append(Node(names[5], "Cast", (names[4],), (names[5],), {"to": WHOLE}))
    steps.append(Node(node.name, "Sub", (names[0], names[5]), node.outputs))
    return ReplaceNodes((key,), tuple(steps), {zero: np.array(0, np.int64)})


WHOLE = 7
"""The number of 64-bit integers in ONNX."""


def _inject(graph: Graph, chance: random.Random) -> Injection | None:
    places: list[Injection] = []
    for node in graph.nodes:
        key, before = node.outputs[0], graph.producer(node.inputs[0]) if node.inputs else None
        if node.op == "Mod":
            places.append(((SetAttribute(key, "fmod", 1 - node.attributes.get("fmod", 0)),), key))
        elif node.op == "Div" and before is not None and before.op == "Sub":
            rest = graph.producer(before.inputs[1])
            if rest is not None and rest.op == "Mod" and rest.inputs[0] == before.inputs[0]:
                plain = Node(node.name, "Div", (before.inputs[0], node.inputs[1]), node.outputs)
                gone = (key, before.outputs[0], rest.outputs[0])
                places.append(((ReplaceNodes(gone, (plain,)),), key))
    return chance.choice(places) if places else None


fault = Fault("D2", "CG", GRAPHS, _alternatives, _inject)

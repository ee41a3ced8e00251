"""Both forms of GELU in operators that every version has.

References: Hendrycks and Gimpel, Gaussian error linear units, 2016, section 2.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from netmend.network.graph import Array, Graph, Node
from netmend.repairs.conversion.faults._base import fresh

Written = tuple[tuple[Node, ...], dict[str, Array], str]
"""Nodes, their constants, and what they compute."""


def written_out(graph: Graph, start: str, end: str) -> Iterator[Written]:
    """x (1 + erf(x / sqrt 2)) / 2 and x (1 + tanh(sqrt(2 / pi) (x + 0.044715 x^3))) / 2."""
    constants: dict[str, Array] = {}

    def number(name: str, value: float) -> str:
        key = fresh(graph, f"{end} {name}")
        constants[key] = np.array(value, np.float32)
        return key

    def chain(steps: list[tuple[str, tuple[str, ...]]]) -> tuple[Node, ...]:
        """Nodes one after another; "<" stands for the one before."""
        made: list[Node] = []
        for place, (op, inputs) in enumerate(steps):
            output = end if place == len(steps) - 1 else fresh(graph, f"{end} step {place}")
            read = tuple(made[-1].outputs[0] if each == "<" else each for each in inputs)
            made.append(Node(output, op, read, (output,)))
        return tuple(made)

    one, half = number("one", 1.0), number("half", 0.5)
    last = [("Add", ("<", one)), ("Mul", ("<", half)), ("Mul", ("<", start))]
    yield chain([("Mul", (start, number("root", 2.0**-0.5))), ("Erf", ("<",)), *last]), constants, "GELU"
    cubic, factor = number("cubic", 0.044715), number("factor", (2 / np.pi) ** 0.5)
    inner = [("Mul", (start, start)), ("Mul", ("<", cubic)), ("Add", ("<", one)), ("Mul", ("<", start))]
    yield chain([*inner, ("Mul", ("<", factor)), ("Tanh", ("<",)), *last]), constants, "GELU by tanh"

"""A number left the range of half precision on its way: it became zero, infinite, or the largest there is.

What it is:
    Half precision ends at 65,504 and begins at 6e-8. An epsilon of 1e-12 becomes zero, a mask of -1e9 becomes minus
    infinity or -65,504, a sum overflows.

How it is mended:
    Constants that sit on an end of that range are taken from the source's, where it has such beyond it.

When it is wrong:
    A mask needs no more than a very low number; where -65,504 does, nothing is wrong with it.

References:
    IEEE 754-2019, binary16; apple/coremltools issues 2110, 2359, 2603 and 2625.
"""

from __future__ import annotations

import random
from collections.abc import Iterator

import numpy as np

from netmend.network.graph import Array, Graph, Node
from netmend.repairs.conversion.faults._base import (
    EVERYWHERE,
    Borrowed,
    Case,
    Fault,
    Hypothesis,
    Injection,
    constant_edits,
    real,
)

LARGEST = 65504.0
SMALLEST = 2.0**-24
"""Ends of half precision: its largest number, and its smallest above zero."""


def _narrowed(value: Array) -> Array:
    """What remains of numbers in half precision that saturates."""
    with np.errstate(over="ignore"):
        half = np.clip(value, -LARGEST, LARGEST).astype(np.float16).astype(np.float64)
    return np.asarray(half)


def _alternatives(case: Case) -> Iterator[Hypothesis]:
    beyond = [
        value
        for node in case.source_nodes
        for name in node.inputs
        if name in case.source.constants and (value := real(case.source, name)) is not None and _lost(value)
    ]
    for node in case.nodes:
        for index, name in enumerate(node.inputs):
            stored = real(case.target, name) if name in case.target.constants else None
            for value in beyond if stored is not None and stored.dtype.kind == "f" else ():
                assert stored is not None
                finite = np.clip(stored, -LARGEST, LARGEST)
                if value.size == stored.size and np.allclose(
                    _narrowed(value).reshape(stored.shape), finite, rtol=1e-3, atol=1e-7
                ):
                    says = f"The constant {name!r} of {node.op} {node.name!r} has left the range of half precision."
                    edits = constant_edits(case.target, node, index, value.reshape(stored.shape))
                    yield Hypothesis(edits, says, node.outputs[0], 1.3, borrowed=Borrowed.KNOWN)


def _beyond(value: Array) -> Array:
    """Which numbers do not fit."""
    size = np.abs(value)
    return np.asarray((size > LARGEST) | ((size > 0) & (size < SMALLEST / 2)))


def _lost(value: Array) -> bool:
    """Whether some number does not fit."""
    return value.dtype.kind == "f" and bool(_beyond(value).any())


def _inject(graph: Graph, chance: random.Random) -> Injection | None:
    places: list[tuple[Node, int, Array]] = [
        (node, index, value)
        for node in graph.nodes
        for index, name in enumerate(node.inputs)
        if name in graph.constants and (value := real(graph, name)) is not None and _lost(value)
    ]
    if not places:
        return None
    node, index, value = chance.choice(places)
    # The others stay: all numbers in half precision are another matter, and may have been asked for.
    return constant_edits(graph, node, index, np.where(_beyond(value), _narrowed(value), value)), node.outputs[0]


fault = Fault("D1", "WB", EVERYWHERE, _alternatives, _inject)

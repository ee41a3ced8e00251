"""Weights were rounded to a grid of few numbers that nobody asked for.

What it is:
    A converter quantises weights by default, or a quantised network was dequantised. The numbers are still stored as
    floating-point ones, and only lie on the multiples of one.

How it is mended:
    The source's weights take their place, where all differ by no more than one step of the grid.

When it is wrong:
    Quantisation that was asked for looks the same. It is judged before this is asked, and this is tried only where the
    outputs are off by more than the grid explains.

References:
    onnx/tensorflow-onnx issue 2394.
"""

from __future__ import annotations

import random
from collections.abc import Iterator

import numpy as np

from netmend.network.graph import Array, Graph
from netmend.repairs.conversion.faults._base import (
    EVERYWHERE,
    Borrowed,
    Case,
    Fault,
    Hypothesis,
    Injection,
    constant_edits,
)
from netmend.repairs.conversion.faults._linear import layers, like, pairs

MOST_VALUES = 256
"""Of a grid of eight bits."""

FEWEST = 64
"""Numbers from which on so few different ones are a grid (own choice)."""


def _step(weight: Array) -> float | None:
    """The distance of neighbours, where a weight lies on a grid."""
    values = np.unique(weight)
    if weight.size < FEWEST or len(values) > min(MOST_VALUES, weight.size // 2) or len(values) < 2:
        return None
    return float(np.diff(values).min())


def _alternatives(case: Case) -> Iterator[Hypothesis]:
    for ours, theirs in pairs(case):
        node, step = ours.through[0], _step(ours.weight)
        if step is None or node.inputs[1] in case.target.quantisation or node.inputs[1] not in case.target.constants:
            continue
        weight = like(theirs.weight, node, case.target.constants[node.inputs[1]])
        if weight is not None and np.abs(theirs.weight.reshape(ours.weight.shape) - ours.weight).max() <= 1.01 * step:
            says = (
                f"The weights of {node.op} {node.name!r} lie on a grid with steps of {step:.3g}; the source's do not."
            )
            edits = constant_edits(case.target, node, 1, weight)
            yield Hypothesis(edits, says, node.outputs[0], 1.1, borrowed=Borrowed.KNOWN)


def _inject(graph: Graph, chance: random.Random) -> Injection | None:
    places = [each for each in layers(graph, graph.nodes) if each.weight.size >= FEWEST and _step(each.weight) is None]
    places = [each for each in places if each.through[0].inputs[1] in graph.constants.keys() - graph.quantisation]
    if not places:
        return None
    node = chance.choice(places).through[0]
    stored = graph.constants[node.inputs[1]].astype(np.float64)
    # Four bits: a coarser grid than anyone would ask for without a word.
    step = float(np.abs(stored).max()) / 7
    return constant_edits(graph, node, 1, np.round(stored / step) * step), node.outputs[0]


fault = Fault("Q1", "WB", EVERYWHERE, _alternatives, _inject)

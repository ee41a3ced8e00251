"""The mean of a window is divided by another number than in the source.

What it is:
    A divisor that a framework lets one choose is lost on the way, or a factor that stood for it is wrong. All
    outputs are off by the same ratio.

How it is mended:
    The ratio is fitted. A factor behind the pooling is set; without one, it is put in.

When it is wrong:
    Never on its own: an edit is kept only where it makes the outputs right.

References:
    pytorch/pytorch issue 105349; apache/tvm issue 14795.
"""

from __future__ import annotations

import random
from collections.abc import Iterator

import numpy as np

from netmend.network.edits import Edit
from netmend.network.graph import Array, Graph, Node
from netmend.repairs.conversion.faults._base import (
    GRAPHS,
    Case,
    Fault,
    Hypothesis,
    Injection,
    constant_edits,
    fresh,
    inserted_after,
    plain,
)

POOLS = ("AveragePool", "GlobalAveragePool", "tflite:AVERAGE_POOL_2D", "tflite:MEAN")

EXACT = 1e-6
"""Largest spread of the ratio, as a share of it, where all outputs are off by the same (own choice)."""


def _alternatives(case: Case) -> Iterator[Hypothesis]:
    inside = set(case.segment.nodes)
    for node in case.target.nodes:
        key, factor = node.outputs[0], _factor(case.target, node) if node.op in POOLS else None
        if node.op not in POOLS or inside.isdisjoint({key, factor[0].outputs[0] if factor else key}):
            continue
        last = key if factor is None else factor[0].outputs[0]
        # Where the tensor itself is not recognised, what is moved elsewhere behind it shows the same ratio.
        pairs = [
            (case.values.get(last), case.inner.get(last)),
            *((case.right[to], case.got.get(to)) for to in case.right),
        ]
        ratio = next((found for pair in pairs if (found := _ratio(*pair)) is not None), None)
        if ratio is None:
            continue
        says = f"What {node.op} {node.name!r} makes is off by a factor of {ratio:.6g}."
        if factor is None:
            yield Hypothesis((_scaled(case.target, node, ratio),), says, key)
        else:
            user, index = factor
            stored = case.target.constants[user.inputs[index]]
            yield Hypothesis(constant_edits(case.target, user, index, stored * ratio), says, user.outputs[0])


def _ratio(right: Array | None, got: Array | None) -> float | None:
    """The number by which all that was made is off; None where there is no such number."""
    if right is None or got is None or right.shape != got.shape or not np.any(got):
        return None
    ratio = float(np.sum(right * got) / np.sum(got * got))
    return ratio if np.abs(right - ratio * got).max() <= EXACT * np.abs(right).max() else None


def _factor(graph: Graph, node: Node) -> tuple[Node, int] | None:
    """The node that scales what a pooling makes by one number, and where it reads that."""
    users = graph.users(node.outputs[0])
    if len(users) != 1 or plain(users[0].op) != "Mul":
        return None
    index = 1 - users[0].inputs.index(node.outputs[0])
    stored = graph.constants.get(users[0].inputs[index])
    return (users[0], index) if stored is not None and stored.size == 1 else None


def _scaled(graph: Graph, node: Node, ratio: float) -> Edit:
    name = fresh(graph, f"{node.outputs[0]} factor")
    made = {name: np.array(ratio, np.float32)}
    return inserted_after(graph, node, lambda old, new: (Node(new, "Mul", (old, name), (new,)),), made)


def _inject(graph: Graph, chance: random.Random) -> Injection | None:
    places = [node for node in graph.nodes if node.op in POOLS]
    if not places:
        return None
    node = chance.choice(places)
    factor = _factor(graph, node)
    ratio = chance.choice([0.5, 2.0, 0.75, 4.0])
    if factor is None:
        return (_scaled(graph, node, ratio),), node.outputs[0]
    user, index = factor
    new = graph.constants[user.inputs[index]] * ratio
    # A factor of one would be an operator that is missing.
    return None if np.all(new == 1) else (constant_edits(graph, user, index, new), user.outputs[0])


fault = Fault("S4", "LH", GRAPHS, _alternatives, _inject)

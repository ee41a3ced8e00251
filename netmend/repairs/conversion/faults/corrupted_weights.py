"""Stored numbers differ from those of the source, in no way that is recognised.

What it is:
    Weights were damaged, rounded to fewer digits, or belong to another layer or another state of the training.

How it is mended:
    They are copied from the source, through whatever layout the target stores them in. This is tried after everything
    that explains a difference: a copy mends every fault of weights, and explains none.

When it is wrong:
    It says what differs, not why.

References:
    Louloudakis et al., Fault localization for buggy deep learning framework conversions, ASE 2023 (weight precision of
    InceptionV3); FetaFix (EASE 2025), fault type weights and biases.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from itertools import permutations

import numpy as np

from netmend.network.edits import Edit
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
from netmend.repairs.conversion.faults._flattening import flattenings
from netmend.repairs.conversion.faults._linear import held, like, pairs, refolded


def _alternatives(case: Case) -> Iterator[Hypothesis]:
    for ours, theirs in pairs(case):
        node = ours.through[0]
        stored = held(case.target, node)
        weight = like(theirs.weight, node, stored)
        if weight is None:
            continue
        says = f"The weights of {node.op} {node.name!r} differ from the source's {theirs.through[0].name!r}."
        yield _copied(node, constant_edits(case.target, node, 1, weight), says, 1.0)
        yield _copied(node, refolded(case.target, node, theirs.weight, theirs.bias), says, 1.0)
        if theirs.weight.ndim == 2:
            for order in flattenings(theirs.weight.shape[1]):
                moved = like(theirs.weight[:, order], node, stored)
                if moved is not None:
                    yield _copied(node, constant_edits(case.target, node, 1, moved), says, 0.5)
    for node in case.nodes:
        for index, name in enumerate(node.inputs):
            if name in case.target.constants:
                yield from _single(case, node, index)


def _copied(node: Node, edits: tuple[Edit, ...], says: str, weight: float) -> Hypothesis:
    return Hypothesis(edits, says, node.outputs[0], weight, borrowed=Borrowed.CONSTANT)


def _single(case: Case, node: Node, index: int) -> Iterator[Hypothesis]:
    """Any constant of the source's stretch that has as many numbers, in every order of its axes."""
    stored = real(case.target, node.inputs[index])
    assert stored is not None
    for theirs in case.source_nodes:
        for place, name in enumerate(theirs.inputs):
            value = real(case.source, name) if name else None
            if value is None or value.size != stored.size or value.dtype.kind != stored.dtype.kind:
                continue
            weight = 0.9 if (theirs.op, place) == (node.op, index) else 0.6
            says = f"The constant {node.inputs[index]!r} of {node.op} {node.name!r} differs from the source's {name!r}."
            for moved in _in_shape(value, stored.shape):
                if not np.array_equal(moved.astype(np.float32), stored.astype(np.float32)):
                    yield _copied(node, constant_edits(case.target, node, index, moved), says, weight)


def _in_shape(value: Array, shape: tuple[int, ...]) -> Iterator[Array]:
    if value.shape == shape or value.size == max(value.shape, default=1):
        yield value.reshape(shape)
        return
    for order in permutations(range(value.ndim)) if value.ndim <= 4 else ():
        moved = value.transpose(order)
        if moved.shape == shape:
            yield moved


def _inject(graph: Graph, chance: random.Random) -> Injection | None:
    places = [
        (node, index)
        for node in graph.nodes
        for index, name in enumerate(node.inputs)
        if name in graph.constants and (value := real(graph, name)) is not None
        if value.dtype.kind == "f" and value.size >= 4
        # Quantised biases and scales are other types': see `bias_scale` and `quantisation_scale`.
        if graph.constants[name].dtype != np.int32 and not (index and node.op in ("QuantizeLinear", "DequantizeLinear"))
    ]
    if not places:
        return None
    node, index = chance.choice(places)
    stored = real(graph, node.inputs[index])
    assert stored is not None
    numbers = np.random.default_rng(chance.randrange(2**32))
    damaged = stored.copy()
    # Some of the numbers are lost, or all are rounded to three bits.
    if chance.random() < 0.5:
        hit = numbers.random(stored.shape) < 0.1
        damaged[hit] = numbers.permutation(damaged.reshape(-1))[: int(hit.sum())]
    else:
        size = 2.0 ** np.floor(np.log2(np.maximum(np.abs(damaged), 1e-30)))
        damaged = np.round(damaged / size * 4) / 4 * size
    return constant_edits(graph, node, index, np.abs(damaged) if (stored >= 0).all() else damaged), node.outputs[0]


fault = Fault("W4", "WB", EVERYWHERE, _alternatives, _inject)

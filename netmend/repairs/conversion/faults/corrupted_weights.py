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
from netmend.repairs.conversion.faults._linear import (
    Layer,
    each_output,
    folded,
    held,
    layers,
    like,
    pairs,
    refolded,
    statistics,
)

CLOSE = 1e-4
"""Largest difference between weights that are the same but for a factor, as a share of their size (own choice)."""


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
    for ours in folded(case.target, case.nodes):
        for theirs in folded(case.source, case.source_nodes) if len(ours.through) > 1 else ():
            if theirs.weight.shape == ours.weight.shape:
                yield from _scaled(case, ours, theirs)
    for node in case.nodes:
        for index, name in enumerate(node.inputs):
            if name in case.target.constants:
                yield from _single(case, node, index)


def _scaled(case: Case, ours: Layer, theirs: Layer) -> Iterator[Hypothesis]:
    """A layer's weights, or numbers of the batch normalisation behind it, where the source has one folded into it."""
    node = ours.through[0]
    if (ours.factor != 0).all():
        weight = like(theirs.weight / each_output(ours.factor, theirs.weight), node, held(case.target, node))
        assert weight is not None
        says = (
            f"The weights of {node.op} {node.name!r} are not those that the source's {theirs.through[0].name!r} holds."
        )
        yield _copied(node, constant_edits(case.target, node, 1, weight), says, 0.9)
    norm = ours.through[1]
    found = statistics(case.target, norm) if len(ours.through) == 2 else None
    if found is None:
        return
    for place, value in _folding(next(layers(case.target, (node,))), theirs, *found):
        says = f"The constant {norm.inputs[place]!r} of {norm.op} {norm.name!r} is not what the source has folded."
        yield _copied(norm, constant_edits(case.target, norm, place, value), says, 0.9)


def _folding(
    plain: Layer, theirs: Layer, scale: Array, shift: Array, mean: Array, variance: Array, epsilon: float
) -> Iterator[tuple[int, Array]]:
    """Each input of a batch normalisation behind a right layer alone, so that it makes what the source's layer does."""
    flat, right = (each.weight.reshape(len(scale), -1) for each in (plain, theirs))
    size = (flat**2).sum(1)
    if not size.all():
        return
    factor, now = (flat * right).sum(1) / size, scale / np.sqrt(variance + epsilon)
    if np.abs(flat * factor[:, None] - right).max() > CLOSE * np.abs(right).max():
        return
    if not np.allclose(factor, now, rtol=CLOSE):
        yield 1, factor * np.sqrt(variance + epsilon)
        if factor.all() and ((wider := (scale / factor) ** 2 - epsilon) >= 0).all():
            yield 4, wider
    else:
        yield 2, theirs.bias - (plain.bias - mean) * now
        if now.all():
            yield 3, plain.bias - (theirs.bias - shift) / now


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

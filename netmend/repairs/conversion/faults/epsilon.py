"""A normalisation adds another epsilon to the variance than in the source.

What it is:
    Epsilon is a small number that keeps a division possible; every framework has its own default (1e-3, 1e-5, 1e-6).
    Where it is lost in conversion, outputs with a small variance are off by a visible amount.

How it is mended:
    The usual values are tried, then the one that fits best. Where the normalisation is folded into a convolution, the
    epsilon that was used is read off its weights, and it is folded again from the source.

When it is wrong:
    Never on its own: an edit is kept only where it makes the outputs right.

References:
    gzuidhof/nn-transfer pull request 3; qqwweee/keras-yolo3 issue 451.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator

import numpy as np

from netmend.network.edits import Edit, SetAttribute
from netmend.network.graph import Array, Graph, Node
from netmend.repairs.conversion.faults._base import (
    EVERYWHERE,
    Borrowed,
    Case,
    Fault,
    Hypothesis,
    Injection,
    constant_edits,
    picked,
    plain,
)
from netmend.repairs.conversion.faults._fitting import fitted
from netmend.repairs.conversion.faults._linear import layers, pairs, refolded, statistics

NORMALISATIONS = (
    "BatchNormalization", "LayerNormalization", "RMSNormalization", "InstanceNormalization", "GroupNormalization",
)  # fmt: skip
USUAL = (1e-5, 1e-3, 1e-6, 1e-12, 1e-4, 1e-7, 1e-8, 2e-5, 1e-2, 0.0)
"""Defaults of Keras (1e-3), PyTorch (1e-5), BERT (1e-12) and others; own collection."""

LARGEST = 0.1
"""A stored number up to this, added before a root, is taken for an epsilon (own choice)."""


def _alternatives(case: Case) -> Iterator[Hypothesis]:
    for node in case.nodes:
        put = _put(case.target, node)
        if put is None:
            continue
        now, edits = put
        values = [value for value in USUAL if value != now]
        found = fitted(case, lambda value, edits=edits: edits(abs(value)), max(now, 1e-6))  # type: ignore[misc]
        values += [abs(found)] if found is not None else []
        for value in values:
            says = f"{node.op} {node.name!r} adds {now:.3g} to the variance where {value:.6g} is right."
            yield Hypothesis(edits(value), says, node.outputs[0], 1.0 if value in USUAL else 0.8)
    yield from _folded(case)


def _put(graph: Graph, node: Node) -> tuple[float, Callable[[float], tuple[Edit, ...]]] | None:
    """The epsilon of a node, and the edits that put another there."""
    key = node.outputs[0]
    if node.op in NORMALISATIONS:
        return float(node.attributes.get("epsilon", 1e-5)), lambda value: (SetAttribute(key, "epsilon", value),)
    roots = ("Sqrt", "tflite:RSQRT")
    if plain(node.op) != "Add" or not any(plain(user.op) in roots for user in graph.users(key)):
        return None
    index = next((place for place, name in enumerate(node.inputs) if _small(graph.constants.get(name))), None)
    if index is None:
        return None
    stored = graph.constants[node.inputs[index]]
    return float(stored.max()), lambda value: constant_edits(graph, node, index, np.full(stored.shape, value))


def _small(stored: Array | None) -> bool:
    if stored is None or stored.size != 1 or stored.dtype.kind != "f":
        return False
    return 0 <= float(stored.max()) <= LARGEST


def _folded(case: Case) -> Iterator[Hypothesis]:
    """A convolution of the target into which a batch normalisation of the source is folded with another epsilon."""
    plain = {each.output: each for each in layers(case.source, case.source_nodes)}
    for ours, theirs in pairs(case):
        found = statistics(case.source, theirs.through[-1]) if len(theirs.through) == 2 else None
        if found is None or len(ours.through[0].inputs) < 3:
            continue
        scale, _, _, variance, epsilon = found
        before = plain[theirs.through[0].outputs[0]].weight.reshape(len(scale), -1)
        size = (before * before).sum(1)
        ratio = (ours.weight.reshape(len(scale), -1) * before).sum(1) / np.where(size > 0, size, 1)
        with np.errstate(divide="ignore", invalid="ignore"):
            used = (scale / ratio) ** 2 - variance
        telling = np.isfinite(used) & (size > 0)
        if not telling.any() or np.ptp(used[telling]) > 1e-3 * np.abs(used[telling]).max() + 1e-6 * variance.max():
            continue
        guess = float(np.median(used[telling]))
        if abs(guess - epsilon) > 1e-2 * epsilon:
            node = ours.through[0]
            edits = refolded(case.target, ours.through[0], theirs.weight, theirs.bias)
            says = f"Batch normalisation is folded into {node.name!r} with epsilon {guess:.3g}, not {epsilon:.3g}."
            yield Hypothesis(edits, says, node.outputs[0], 1.0, borrowed=Borrowed.KNOWN)


def _inject(graph: Graph, chance: random.Random) -> Injection | None:
    def made() -> Iterator[Injection]:
        for node in graph.nodes:
            put = _put(graph, node)
            if put is not None:
                for value in (1e-2, 1e-3, 1e-5):
                    if value != put[0]:
                        yield put[1](value), node.outputs[0]

    return picked(chance, made())


fault = Fault("N1", "LH", EVERYWHERE, _alternatives, _inject)

"""The bias of a layer is missing, added twice, or of the wrong sign.

What it is:
    A converter that splits a layer into a product and a sum may lose the sum, or fuse the bias and keep the sum.

How it is mended:
    A bias of the layer is halved, or its sign turned. A missing one is read off the difference, which is the same in
    all inputs and places, or taken from the source.

When it is wrong:
    Never on its own: an edit is kept only where it makes the outputs right.

References:
    ENOT-AutoDL/onnx2torch issue 208.
"""

from __future__ import annotations

import random
from collections.abc import Iterator

import numpy as np

from netmend.network.edits import Edit, SetInput
from netmend.network.graph import Array, Graph, Node
from netmend.repairs.conversion.faults._base import (
    EVERYWHERE,
    Borrowed,
    Case,
    Fault,
    Hypothesis,
    Injection,
    constant_edits,
    fresh,
    in_tflite,
    inserted_before,
    plain,
    real,
)
from netmend.repairs.conversion.faults._linear import BIAS, CHANNELS_FIRST, layers, pairs, with_bias

FACTORS = {0.5: "added twice", -1.0: "of the wrong sign", 2.0: "halved"}


def _alternatives(case: Case) -> Iterator[Hypothesis]:
    for node, index, stored in _places(case.target, case.nodes):
        for factor, what in FACTORS.items():
            says = f"The bias of {node.op} {node.name!r} is {what}."
            yield Hypothesis(constant_edits(case.target, node, index, stored * factor), says, node.outputs[0])
    for ours, theirs in pairs(case):
        node = ours.through[0]
        if np.abs(ours.bias).max() == 0 and np.abs(theirs.bias).max() > 0:
            says = f"{node.op} {node.name!r} has lost its bias."
            yield Hypothesis(
                _added(case.target, node, theirs.bias), says, node.outputs[0], 1.2, borrowed=Borrowed.KNOWN
            )
    yield from _from_difference(case)
    yield from _missing_sum(case)


def _missing_sum(case: Case) -> Iterator[Hypothesis]:
    """A sum of the source with a constant behind a layer, where the target reads the layer itself."""
    made = {layer.output for layer in layers(case.source, case.source.nodes)}
    for theirs in case.source_nodes:
        known = [name for name in theirs.inputs if name in case.source.constants]
        if plain(theirs.op) != "Add" or len(known) != 1 or made.isdisjoint(theirs.inputs):
            continue
        layer = next(name for name in theirs.inputs if name in made)
        here = next((each.target for each in case.read_from if each.source == layer), None)
        for node in case.nodes if here is not None else ():
            for index, name in enumerate(node.inputs):
                if name == here:
                    before, stored = (
                        fresh(case.target, f"{here} {what} for {node.outputs[0]}") for what in ("with bias", "bias")
                    )
                    op = "tflite:ADD" if in_tflite(case.target) else "Add"
                    added = Node(before, op, (here, stored), (before,))
                    edits = inserted_before(node, index, (added,), {stored: case.source.constants[known[0]]})
                    says = f"The bias of what {node.op} {node.name!r} reads is lost."
                    yield Hypothesis(edits, says, node.outputs[0], 1.2, borrowed=Borrowed.KNOWN)


def _from_difference(case: Case) -> Iterator[Hypothesis]:
    """A layer whose right outputs differ by the same in every row and place: that much is its bias."""
    for ours in layers(case.target, case.nodes):
        node, right, got = ours.through[0], case.values.get(ours.output), case.inner.get(ours.output)
        if right is None or got is None or right.shape != got.shape or np.abs(ours.bias).max() > 0:
            continue
        channel = 1 if node.op in CHANNELS_FIRST else right.ndim - 1
        difference = np.moveaxis(right - got, channel, 0).reshape(right.shape[channel], -1)
        if np.ptp(difference, axis=1).max() <= 1e-4 * np.abs(difference).max(initial=0.0):
            says = f"{node.op} {node.name!r} has lost its bias."
            yield Hypothesis(_added(case.target, node, difference.mean(1)), says, node.outputs[0], 0.7)
    for node in case.nodes:
        index = next((at for at, name in enumerate(node.inputs) if name in case.target.constants), None)
        right, got = case.values.get(node.outputs[0]), case.inner.get(node.outputs[0])
        if plain(node.op) != "Add" or index is None or right is None or got is None or right.shape != got.shape:
            continue
        stored = case.target.constants[node.inputs[index]]
        if not stored.any():
            missing = _spread(right - got, stored)
            says = f"The sum {node.name!r} has lost its bias."
            yield Hypothesis(constant_edits(case.target, node, index, missing), says, node.outputs[0], 0.7)


def _spread(difference: Array, stored: Array) -> Array:
    """The mean of a difference over all axes along which a stored constant is repeated."""
    shape = (*[1] * (difference.ndim - stored.ndim), *stored.shape)
    axes = tuple(axis for axis, size in enumerate(shape) if size == 1)
    mean: Array = difference.mean(axes, keepdims=True).reshape(stored.shape)
    return mean


def _added(graph: Graph, node: Node, bias: Array) -> tuple[Edit, ...]:
    place = BIAS.get(node.op, len(node.inputs))
    if place < len(node.inputs) and node.inputs[place] in graph.constants:
        return constant_edits(graph, node, place, bias.reshape(graph.constants[node.inputs[place]].shape))
    return with_bias(graph, node, bias)


def _places(graph: Graph, nodes: tuple[Node, ...]) -> Iterator[tuple[Node, int, Array]]:
    """Stored biases: of a layer, and of a sum behind one."""
    made = {layer.output for layer in layers(graph, graph.nodes)}
    for node in nodes:
        index = BIAS.get(node.op)
        if plain(node.op) == "Add" and not made.isdisjoint(node.inputs):
            index = 1 - node.inputs.index(next(name for name in node.inputs if name in made))
        stored = real(graph, node.inputs[index]) if index is not None and len(node.inputs) > index else None
        if index is not None and stored is not None and stored.any():
            yield node, index, stored


def _inject(graph: Graph, chance: random.Random) -> Injection | None:
    places = list(_places(graph, graph.nodes))
    if not places:
        return None
    node, index, stored = chance.choice(places)
    if chance.random() < 0.5:
        return constant_edits(graph, node, index, stored * chance.choice([2.0, -1.0])), node.outputs[0]
    if index == BIAS.get(node.op):
        return (SetInput(node.outputs[0], index, ""),), node.outputs[0]
    return constant_edits(graph, node, index, np.zeros_like(stored)), node.outputs[0]


fault = Fault("W2", "WB", EVERYWHERE, _alternatives, _inject)

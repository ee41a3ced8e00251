"""A convolution or pooling is padded by other amounts, or on other sides, than in the source.

What it is:
    "SAME" padding puts the odd row behind the image, a symmetric one of a framework puts as much before it. With a
    stride of two on an even size both give the same shape, and every window is shifted by one.

How it is mended:
    Every split of the padding over the sides that leaves the output's shape right is tried; one rule for all axes
    first, then one axis at a time. Of a Pad node the amounts, the mode and the filler are.

When it is wrong:
    Never on its own: an edit is kept only where it makes the outputs right. Where the border is zero in all inputs, two
    paddings cannot be told apart, and the first is taken.

References:
    ENOT-AutoDL/onnx2torch issue 148; FetaFix (Louloudakis et al., EASE 2025), where 275 of 278 hyperparameter edits are
    of `pads`.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import replace
from itertools import product

import numpy as np

from netmend.network.edits import Edit, ReplaceNodes, SetAttribute, SetInput
from netmend.network.graph import Graph, Node
from netmend.repairs.conversion.faults._base import (
    EVERYWHERE,
    Case,
    Fault,
    Hypothesis,
    Injection,
    constant_edits,
    fresh,
    plain,
)
from netmend.repairs.conversion.faults._windows import TFLITE, WINDOWED, Window, window

MODES = ("constant", "reflect", "edge")
LOWEST = float(np.finfo(np.float32).min)


def _alternatives(case: Case) -> Iterator[Hypothesis]:
    for node in case.nodes:
        shape = window(case, node)
        if shape is not None and node.op in TFLITE:
            yield from _named(case, node, shape)
        elif shape is not None:
            yield from _windowed(case, node, shape)
        elif node.op in ("tflite:PAD", "tflite:PADV2"):
            yield from _paired(case, node)
        elif node.op == "Pad":
            yield from _padded(case, node)
        yield from _within(case, node)


def _within(case: Case, node: Node) -> Iterator[Hypothesis]:
    """A Pad before one of TFLite's windows that is to be the window's own padding."""
    before = case.target.producer(node.inputs[0]) if node.op in TFLITE else None
    if before is not None and plain(before.op) == "Pad" and node.attributes.get("padding") == "VALID":
        key = node.outputs[0]
        says = f"{before.op} {before.name!r} pads where {node.op} {node.name!r} is to pad by itself (SAME)."
        edits = SetAttribute(key, "padding", "SAME"), SetInput(key, 0, before.inputs[0])
        yield Hypothesis(edits, says, key)


def _windowed(case: Case, node: Node, shape: Window) -> Iterator[Hypothesis]:
    key, now, rank = node.outputs[0], shape.pads, len(shape.sizes)
    right = case.values.get(key)
    wanted = None if right is None or right.ndim != rank + 2 or node.op == "ConvTranspose" else right.shape[2:]
    for pads in _splits(now, shape):
        if pads == now or (wanted is not None and _produced(shape, pads) != wanted):
            continue
        edits: tuple[Edit, ...] = (SetAttribute(key, "pads", list(pads)),)
        if node.attributes.get("auto_pad", "NOTSET") != "NOTSET":
            edits += (SetAttribute(key, "auto_pad", None),)
        says = f"{node.op} {node.name!r} is padded by {list(now)} where {list(pads)} is right."
        yield Hypothesis(edits, says, key, 1.0 if sum(pads) == sum(now) else 0.9)


def _named(case: Case, node: Node, shape: Window) -> Iterator[Hypothesis]:
    """TFLite's own two paddings, and any other by a Pad before."""
    key, now = node.outputs[0], node.attributes.get("padding", "SAME")
    other = "VALID" if now == "SAME" else "SAME"
    says = f"{node.op} {node.name!r} has the padding {now} where {other} is right."
    yield Hypothesis((SetAttribute(key, "padding", other),), says, key)
    right = case.values.get(key)
    wanted = None if right is None or right.ndim != 4 else right.shape[1:3]
    for pads in _splits(shape.pads, shape):
        if pads != shape.pads and wanted in (None, _produced(shape, pads)):
            says = f"{node.op} {node.name!r} is padded by {list(shape.pads)} where {list(pads)} is right."
            yield Hypothesis((_padded_before(case.target, node, pads),), says, key, 0.9)


def _padded_before(graph: Graph, node: Node, pads: tuple[int, ...]) -> Edit:
    amounts, padded = (fresh(graph, f"{node.outputs[0]} {what}") for what in ("pads", "padded"))
    constants = {amounts: np.array([0, pads[0], pads[1], 0, 0, pads[2], pads[3], 0], np.int64)}
    inputs = [node.inputs[0], amounts]
    if node.op == "tflite:MAX_POOL_2D":
        inputs.append(fresh(graph, f"{node.outputs[0]} lowest"))
        constants[inputs[2]] = np.array(LOWEST, np.float32)
    conv = replace(node, inputs=(padded, *node.inputs[1:]), attributes={**node.attributes, "padding": "VALID"})
    return ReplaceNodes(node.outputs[:1], (Node(padded, "Pad", tuple(inputs), (padded,)), conv), constants)


def _paired(case: Case, node: Node) -> Iterator[Hypothesis]:
    """Another split of the padding of an axis by TFLite's PAD."""
    stored = case.target.constants.get(node.inputs[1])
    if stored is None:
        return
    for pads in _moved(stored.T.reshape(-1).tolist()):
        moved = np.array(pads).reshape(2, -1).T
        says = f"{node.op} {node.name!r} pads by {stored.tolist()} where {moved.tolist()} is right."
        yield Hypothesis(constant_edits(case.target, node, 1, moved), says, node.outputs[0])


def _moved(pads: list[int]) -> Iterator[list[int]]:
    """The same amounts in all, otherwise before and behind: of all axes by one rule, then of one axis."""
    rank = len(pads) // 2
    totals = [pads[axis] + pads[axis + rank] for axis in range(rank)]
    seen = [pads]
    for axes in (range(rank), *((axis,) for axis in range(rank))):
        for before in range(max((totals[axis] for axis in axes), default=0) + 1):
            moved = list(pads)
            for axis in axes:
                moved[axis] = min(before, totals[axis])
                moved[axis + rank] = totals[axis] - moved[axis]
            if moved not in seen:
                seen.append(moved)
                yield moved


def _splits(now: tuple[int, ...], shape: Window) -> Iterator[tuple[int, ...]]:
    """Other paddings, each once: the same on all axes, then on one axis."""
    rank = len(shape.sizes)
    most = max(*shape.reach, *now, 1)
    seen = set()
    for before, after in product(range(most + 1), repeat=2):
        yield (before,) * rank + (after,) * rank
        seen.add((before,) * rank + (after,) * rank)
    for axis in range(rank):
        for before, after in product(range(most + 1), repeat=2):
            pads = list(now)
            pads[axis], pads[axis + rank] = before, after
            if tuple(pads) not in seen:
                seen.add(tuple(pads))
                yield tuple(pads)


def _produced(shape: Window, pads: tuple[int, ...]) -> tuple[int, ...]:
    rank = len(shape.sizes)
    return tuple(shape.produced(axis, pads[axis], pads[axis + rank]) for axis in range(rank))


def _padded(case: Case, node: Node) -> Iterator[Hypothesis]:
    key, mode = node.outputs[0], node.attributes.get("mode", "constant")
    for other in MODES:
        if other != mode:
            says = f"Pad {node.name!r} fills by {mode!r} where {other!r} is right."
            yield Hypothesis((SetAttribute(key, "mode", other),), says, key)
    if len(node.inputs) < 2 or node.inputs[1] not in case.target.constants:
        return
    pads = case.target.constants[node.inputs[1]].tolist()
    for moved in _moved(pads):
        says = f"Pad {node.name!r} pads by {pads} where {moved} is right."
        yield Hypothesis(constant_edits(case.target, node, 1, np.array(moved)), says, key)
    if len(node.inputs) > 2 and node.inputs[2] in case.target.constants:
        now = case.target.constants[node.inputs[2]]
        for filler in (0.0, LOWEST):
            if float(now.reshape(-1)[0]) != filler:
                says = f"Pad {node.name!r} fills with {float(now.reshape(-1)[0]):g} where {filler:g} is right."
                yield Hypothesis(constant_edits(case.target, node, 2, np.full(now.shape, filler)), says, key)


def _inject(graph: Graph, chance: random.Random) -> Injection | None:
    places = [node for node in graph.nodes if node.op in WINDOWED and any(node.attributes.get("pads") or ())]
    places += [node for node in graph.nodes if node.op in TFLITE and node.attributes.get("padding", "SAME") == "SAME"]
    if not places:
        return None
    node = chance.choice(places)
    if node.op in TFLITE:
        # What a symmetric padding comes to where the odd row belongs behind the image.
        if chance.random() < 0.5:
            return (SetAttribute(node.outputs[0], "padding", "VALID"),), node.outputs[0]
        return (_padded_before(graph, node, chance.choice([(1, 1, 0, 0), (1, 1, 1, 1), (0, 0, 2, 2)])),), node.outputs[
            0
        ]
    pads = list(node.attributes["pads"])
    rank = len(pads) // 2
    # The whole padding before, or behind, or shifted by one: shapes stay as they are.
    total = [pads[axis] + pads[axis + rank] for axis in range(rank)]
    before = chance.choice([total, [0] * rank, [max(0, each - 1) for each in pads[:rank]]])
    moved = before + [whole - each for whole, each in zip(total, before, strict=True)]
    return None if moved == pads else ((SetAttribute(node.outputs[0], "pads", moved),), node.outputs[0])


fault = Fault("S1", "LH", EVERYWHERE, _alternatives, _inject)

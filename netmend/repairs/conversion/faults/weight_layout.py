"""The weights of a layer are transposed, flipped or permuted.

What it is:
    Every framework stores weights with its axes in another order, and some flip the window of a transposed convolution.
    Where two axes are equally long, a forgotten transposition raises no error.

How it is mended:
    Every order of axes that keeps the shape, and every flip of the window, is tried; of a Gemm the flag as well.

When it is wrong:
    Symmetric windows cannot be told from flipped ones; then nothing is wrong with them either.

References:
    A class known from all converters; ONNX specification, Conv, ConvTranspose and Gemm.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from itertools import combinations, permutations

import numpy as np

from netmend.network.edits import SetAttribute
from netmend.network.graph import Array, Graph, Node
from netmend.repairs.conversion.faults._base import EVERYWHERE, Case, Fault, Hypothesis, Injection, constant_edits

WEIGHTED = {
    "Conv": 1, "ConvTranspose": 1, "Gemm": 1, "MatMul": 1, "RNN": 1, "GRU": 1, "LSTM": 1, "tflite:CONV_2D": 1,
    "tflite:DEPTHWISE_CONV_2D": 1, "tflite:TRANSPOSE_CONV": 1, "tflite:FULLY_CONNECTED": 1,
}  # fmt: skip
"""Operators with weights, and where they read them."""


def turned(value: Array, node: Node) -> Iterator[tuple[str, Array]]:
    """The weight in every other order that has the same shape, each once."""
    axes = range(value.ndim)
    orders = [tuple(axes), *(order for order in permutations(axes) if order != tuple(axes))]
    tflite = node.op.startswith("tflite:") and value.ndim == 4
    space = axes[1:3] if tflite else axes[2:] if node.op.startswith("Conv") else ()
    flips = [chosen for count in range(len(space) + 1) for chosen in combinations(space, count)]
    seen = [value]
    for order in orders:
        if tuple(value.shape[axis] for axis in order) != value.shape:
            continue
        # A flip and an order that takes axes of space elsewhere could not be undone by another such pair.
        for flip in flips if sorted(order[axis] for axis in space) == list(space) else flips[:1]:
            moved = np.flip(value.transpose(order), flip) if flip else value.transpose(order)
            if any(np.array_equal(moved, each) for each in seen):
                continue
            seen.append(moved)
            says = [] if order == tuple(axes) else [f"its axes in the order {list(order)}"]
            says += [f"flipped along {list(flip)}"] if flip else []
            yield " and ".join(says), np.ascontiguousarray(moved)


def _alternatives(case: Case) -> Iterator[Hypothesis]:
    for node in case.nodes:
        for index, stored in weights(case.target, node):
            key = node.outputs[0]
            if node.op == "Gemm" and index == 1:
                now = node.attributes.get("transB", 0)
                says = f"The weight of {node.op} {node.name!r} is transposed."
                yield Hypothesis((SetAttribute(key, "transB", 1 - now),), says, key)
            for says, moved in turned(stored, node):
                sentence = f"The weight of {node.op} {node.name!r} is right with {says}."
                yield Hypothesis(constant_edits(case.target, node, index, moved), sentence, key)


def weights(graph: Graph, node: Node) -> Iterator[tuple[int, Array]]:
    """Stored weights of two axes and more that a node reads, with their places."""
    for index in range(2) if node.op == "MatMul" else (WEIGHTED[node.op],) if node.op in WEIGHTED else ():
        stored = graph.constants.get(node.inputs[index]) if len(node.inputs) > index else None
        if stored is not None and stored.ndim >= 2 and stored.dtype.kind in "fiu":
            yield index, stored


def _inject(graph: Graph, chance: random.Random) -> Injection | None:
    places = [(node, *each) for node in graph.nodes for each in weights(graph, node)]
    if not places:
        return None
    node, index, stored = chance.choice(places)
    options = [moved for _, moved in turned(stored, node)]
    return (constant_edits(graph, node, index, chance.choice(options)), node.outputs[0]) if options else None


fault = Fault("W1", "WB", EVERYWHERE, _alternatives, _inject)

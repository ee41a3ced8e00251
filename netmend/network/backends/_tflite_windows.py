"""Pools of standard operators said in TFLite's, which knows no dilations and pads by two rules only.

TFLite has channels last, so a pool stands between two transpositions. One with dilations is the largest or the mean of
as many pieces as its window has places, each piece all that lies under one place.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import product
from math import prod
from typing import Any

import numpy as np

from netmend.core.errors import Inexpressible
from netmend.network.graph import Array, Node

LOWEST = np.finfo(np.float32).min
"""What padding of a maximum holds."""


def pool(node: Node) -> tuple[tuple[Node, ...], dict[str, Array]]:
    """A MaxPool or AveragePool in TFLite's operators, and the constants they read.

    Raises:
        Inexpressible: its padding follows from sizes, or is not counted, or it is not over two axes.
    """
    window, get = [int(each) for each in node.attributes["kernel_shape"]], node.attributes.get
    strides, steps = (list(get(name) or [1, 1]) for name in ("strides", "dilations"))
    pads, largest = list(get("pads") or [0] * 4), node.op == "MaxPool"
    if len(window) != 2 or len(node.outputs) != 1 or get("ceil_mode", 0):
        raise _refused(node, "over other axes than two, with two outputs or rounded upwards")
    if get("auto_pad", "NOTSET") not in ("NOTSET", "VALID"):
        raise _refused(node, "with padding by name")
    if any(pads) and not (largest or get("count_include_pad", 0)):
        raise _refused(node, "whose padding is not counted")
    said = _Steps(node)
    if any(pads):
        rows = np.array([[0, 0], [0, 0], [pads[0], pads[2]], [pads[1], pads[3]]], np.int32)
        filler = (np.array([LOWEST], np.float32),) if largest else ()
        said.put("PADV2" if largest else "PAD", (rows, *filler))
    if steps == [1, 1]:
        said.put("TRANSPOSE", (np.array([0, 2, 3, 1], np.int32),))
        options = {
            "stride_h": strides[0],
            "stride_w": strides[1],
            "filter_height": window[0],
            "filter_width": window[1],
        }
        said.put("MAX_POOL_2D" if largest else "AVERAGE_POOL_2D", (), padding="VALID", **options)
        said.put("TRANSPOSE", (np.array([0, 3, 1, 2], np.int32),))
    else:
        said.put_pieces(_pieces(window, strides, steps), "MAXIMUM" if largest else "ADD")
        if not largest:
            said.put("MUL", (np.array(1 / prod(window), np.float32),))
    return said.nodes, said.constants


def _pieces(window: Sequence[int], strides: Sequence[int], steps: Sequence[int]) -> Iterator[list[Array]]:
    """Begin, end and stride of what lies under each place of a window; an end of zero is that of the axis."""
    for place in product(*(range(width) for width in window)):
        begins = [at * step for at, step in zip(place, steps, strict=True)]
        ends = [
            begin - (width - 1) * step if begin < (width - 1) * step else 0
            for begin, width, step in zip(begins, window, steps, strict=True)
        ]
        yield [np.array(each, np.int32) for each in ([0, 0, *begins], [0, 0, *ends], [1, 1, *strides])]


def _refused(node: Node, what: str) -> Inexpressible:
    return Inexpressible(
        f"TFLite has no {node.op} {what}", where=f"node {node.name!r}", hint="give pads, and count them"
    )


class _Steps:
    """Operators one behind another, the last of which makes what the standard one made."""

    def __init__(self, node: Node) -> None:
        self._node, self._made = node, [Node(node.name, "", (), node.inputs[:1])]
        self.constants: dict[str, Array] = {}

    @property
    def nodes(self) -> tuple[Node, ...]:
        """All of them, in order."""
        last = self._made[-1]
        return (*self._made[1:-1], replace(last, name=self._node.name, outputs=self._node.outputs))

    def put(self, op: str, constants: Sequence[Array], *, reads: Sequence[str] = (), **options: Any) -> str:
        """One more, that reads the one before, or what is given; what it makes."""
        key = f"{self._node.outputs[0]}/{len(self._made)}"
        names = [f"{key}/{place}" for place in range(len(constants))]
        self.constants |= dict(zip(names, constants, strict=True))
        inputs = (*(reads or self._made[-1].outputs), *names)
        self._made.append(Node(key, f"tflite:{op}", inputs, (key,), options))
        return key

    def put_pieces(self, pieces: Iterator[list[Array]], op: str) -> None:
        """What one operator makes of all pieces of the tensor so far, two at a time."""
        whole, total = self._made[-1].outputs, ""
        for piece in pieces:
            masks = {"begin_mask": 3, "end_mask": sum(1 << axis for axis in range(4) if piece[1][axis] == 0)}
            part = self.put("STRIDED_SLICE", piece, reads=whole, **masks)
            total = self.put(op, (), reads=(total, part)) if total else part

"""Padding by name (SAME_UPPER, SAME_LOWER) written as numbers, which every converter understands."""

from __future__ import annotations

from collections.abc import Sequence

from netmend.convert.rewrites._base import Rewrite, by_edits, shapes_of
from netmend.network.edits import Edit, SetAttribute
from netmend.network.graph import Graph

_WINDOWS = ("Conv", "MaxPool", "AveragePool")


def _edits(graph: Graph) -> Sequence[Edit]:
    named = [node for node in graph.nodes if node.op in _WINDOWS and "SAME" in str(node.attributes.get("auto_pad"))]
    shapes = shapes_of(graph) if named else {}
    edits: list[Edit] = []
    for node in named:
        sizes = shapes[node.inputs[0]][2:]
        kernel = graph.constants.get(node.inputs[1]) if node.op == "Conv" else None
        window = list(node.attributes.get("kernel_shape") or (() if kernel is None else kernel.shape[2:]))
        ones = [1] * len(sizes)
        strides, steps = (list(node.attributes.get(key) or ones) for key in ("strides", "dilations"))
        less, more = [], []
        for size, width, stride, step in zip(sizes, window, strides, steps, strict=True):
            # As the specification of ONNX defines SAME: as many windows as strides begin in the axis.
            total = max(0, (-(-size // stride) - 1) * stride + (width - 1) * step + 1 - size)
            less.append(total // 2)
            more.append(total - total // 2)
        upper = node.attributes["auto_pad"] == "SAME_UPPER"
        pads = [*less, *more] if upper else [*more, *less]
        edits += [SetAttribute(node.outputs[0], "auto_pad", None), SetAttribute(node.outputs[0], "pads", pads)]
    return edits


REWRITE = Rewrite("padding by name written as numbers", by_edits(_edits))

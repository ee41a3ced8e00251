"""An operator is written in a way that the target's runtime does not take, though what it means is right.

What it is:
    A file can be valid, or nearly so, and its runtime refuses it: padding by name together with dilations, padding
    that no window reaches, negative padding of a transposed convolution, an operator on integers that it has for real
    numbers only, an attribute that the file's version does not have, a cubic resize between transpositions, a reversal
    of axes that are no neighbours (LiteRT).

How it is mended:
    The operator is said in a way that means the same and that the runtime takes. Whether it does is tried out.

When it is wrong:
    Never on its own: each spelling must give the same numbers, and it is kept only where the file then runs.

References:
    ONNX specification, Conv, ConvTranspose, AveragePool, ReduceSum; onnx/tensorflow-onnx issues 2099 and 2412.
    TensorFlow Lite, kernels/reverse.cc.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np

from netmend.network.edits import Edit, ReplaceNodes, SetAttribute
from netmend.network.graph import Graph, Node
from netmend.repairs.conversion.faults._base import Case, Fault, Hypothesis, Injection, constant_edits, fresh, real
from netmend.repairs.conversion.faults._matrices import as_matrices
from netmend.repairs.conversion.faults.resize_as_matrices import RESIZES
from netmend.repairs.conversion.segments import Correspondence, Segment

WINDOWS = ("Conv", "MaxPool", "AveragePool", "LpPool")
FLOAT, WHOLE = 1, 7
"""Numbers of types in ONNX."""


def _alternatives(case: Case) -> Iterator[Hypothesis]:
    for node in case.nodes:
        for says, edits in _spellings(case, node):
            yield Hypothesis(
                edits, f"{node.op} {node.name!r} is not taken by the runtime: {says}.", node.outputs[0], 0.1
            )


def _spellings(case: Case, node: Node) -> Iterator[tuple[str, tuple[Edit, ...]]]:
    key, value = node.outputs[0], case.read(node, 0)
    if node.op in WINDOWS and value is not None and len(_widths(case, node)) == value.ndim - 2 > 0:
        begins, ends = _pads(case, node, value.shape[2:])
        pads = [*begins, *ends]
        if "SAME" in str(node.attributes.get("auto_pad")):
            edits = SetAttribute(key, "auto_pad", None), SetAttribute(key, "pads", pads)
            yield "padding by name is written as numbers", edits
        elif pads != list(node.attributes.get("pads") or pads):
            yield "padding that no window reaches is left out", (SetAttribute(key, "pads", pads),)
    if node.op == "ConvTranspose" and min(node.attributes.get("pads") or [0]) < 0:
        yield from _without_negative_pads(node)
    if node.op.startswith("Reduce") and node.attributes.get("noop_with_empty_axes"):
        yield "it reduces nothing", (ReplaceNodes((key,), (Node(node.name, "Identity", node.inputs[:1], (key,)),)),)
    padded = any(node.attributes.get("pads") or ()) or "SAME" in str(node.attributes.get("auto_pad"))
    if node.op == "AveragePool" and value is not None and not padded:
        yield "it is a convolution with equal weights", (_mean_by_convolution(case.target, node, value.shape[1]),)
    if node.op == "GlobalLpPool" and value is not None and node.attributes.get("p", 2) in (1, 2):
        yield "it is a length over the axes of space", (_length(case.target, node, value.ndim),)
    if node.op == "GroupNormalization" and value is not None:
        repeated = tuple(_for_channels(case, node, value.shape[1]))
        if repeated:
            yield "its scale and shift are given for each channel", repeated
    if node.op == "tflite:REVERSE_V2":
        yield from _one_axis_after_the_other(case.target, node)
    if node.op in RESIZES and value is not None:
        for edit, axes in as_matrices(_alone(case, node)):
            yield f"along {axes} it is a product with a matrix", (edit,)
    if value is not None and value.dtype.kind == "i":
        yield "it is computed with real numbers", (_with_real_numbers(case.target, node),)
    made = case.value(key)
    if made is not None and value is not None and made.shape == value.shape and np.array_equal(made, value):
        yield "it changes nothing", (ReplaceNodes((key,), (Node(node.name, "Identity", node.inputs[:1], (key,)),)),)


def _alone(case: Case, node: Node) -> Case:
    """One node of the target as a stretch that is right as it is."""
    begin, end = (Correspondence(name, name) for name in (node.inputs[0], node.outputs[0]))
    values = {name: each for name in (begin.target, end.target) if (each := case.value(name)) is not None}
    keys = node.outputs[:1]
    if len(values) < 2:
        return replace(case, segment=Segment(keys, (), (), keys))
    return replace(case, source=case.target, segment=Segment(keys, (begin,), (end,), keys), values=values)


def _widths(case: Case, node: Node) -> list[int]:
    """Of the window along each axis; none where they are not known."""
    kernel = case.read(node, 1) if node.op == "Conv" else None
    return list(node.attributes.get("kernel_shape") or (() if kernel is None else kernel.shape[2:]))


def _pads(case: Case, node: Node, sizes: tuple[int, ...]) -> tuple[list[int], list[int]]:
    """Padding in numbers, no more than windows reach."""
    widths = _widths(case, node)
    ones, zeros = [1] * len(sizes), [0] * len(sizes)
    strides, steps = (list(node.attributes.get(name) or ones) for name in ("strides", "dilations"))
    same = str(node.attributes.get("auto_pad"))
    given = list(node.attributes.get("pads") or [*zeros, *zeros])
    begins, ends = given[: len(sizes)], given[len(sizes) :]
    for at, (size, width, stride, step) in enumerate(zip(sizes, widths, strides, steps, strict=True)):
        reach = (width - 1) * step + 1
        if "SAME" in same:
            total = max(0, (-(-size // stride) - 1) * stride + reach - size)
            less, more = total // 2, total - total // 2
            begins[at], ends[at] = (less, more) if same == "SAME_UPPER" else (more, less)
        elif not node.attributes.get("ceil_mode"):
            windows = (size + begins[at] + ends[at] - reach) // stride + 1
            ends[at] = max(0, (windows - 1) * stride + reach - size - begins[at])
    return begins, ends


def _without_negative_pads(node: Node) -> Iterator[tuple[str, tuple[Edit, ...]]]:
    pads: list[int] = list(node.attributes["pads"])
    rank = len(pads) // 2
    more = list(node.attributes.get("output_padding") or [0] * rank)
    if min(pads[:rank]) < 0:
        return
    wider = [extra - min(0, end) for extra, end in zip(more, pads[rank:], strict=True)]
    edits: list[Any] = [SetAttribute(node.outputs[0], "pads", [max(0, each) for each in pads])]
    edits.append(SetAttribute(node.outputs[0], "output_padding", wider))
    yield "negative padding is what is added to the output", tuple(edits)


def _mean_by_convolution(graph: Graph, node: Node, channels: int) -> Edit:
    window = list(node.attributes["kernel_shape"])
    name = fresh(graph, f"{node.outputs[0]} weights")
    weights = np.full((channels, 1, *window), 1 / np.prod(window), np.float32)
    kept = {key: value for key, value in node.attributes.items() if key in ("strides", "dilations", "kernel_shape")}
    made = Node(node.name, "Conv", (node.inputs[0], name), node.outputs, {**kept, "group": channels})
    return ReplaceNodes(node.outputs[:1], (made,), {name: weights})


def _length(graph: Graph, node: Node, rank: int) -> Edit:
    axes, attributes = list(range(2, rank)), {"keepdims": 1}
    inputs, constants = node.inputs[:1], {}
    if graph.opset >= 18:
        name = fresh(graph, f"{node.outputs[0]} axes")
        inputs, constants = (*inputs, name), {name: np.array(axes, np.int64)}
    made = Node(
        node.name,
        f"ReduceL{node.attributes.get('p', 2)}",
        inputs,
        node.outputs,
        attributes if constants else {**attributes, "axes": axes},
    )
    return ReplaceNodes(node.outputs[:1], (made,), constants)


def _one_axis_after_the_other(graph: Graph, node: Node) -> Iterator[tuple[str, tuple[Edit, ...]]]:
    axes = real(graph, node.inputs[1])
    if axes is None or axes.size < 2:
        return
    made, constants, reads = [], {}, node.inputs[0]
    for place, axis in enumerate(axes.ravel()):
        name = fresh(graph, f"{node.outputs[0]} axis {place}")
        constants[name] = np.array([axis], np.int32)
        key = node.outputs[0] if place == axes.size - 1 else fresh(graph, f"{node.outputs[0]} reversed {place}")
        made.append(Node(key, node.op, (reads, name), (key,)))
        reads = key
    yield "it is reversed along one axis after the other", (ReplaceNodes(node.outputs[:1], tuple(made), constants),)


def _for_channels(case: Case, node: Node, channels: int) -> Iterator[Edit]:
    """Until version 21 they were given for each group."""
    for place in (1, 2):
        held = real(case.target, node.inputs[place])
        if held is not None and len(held) < channels:
            yield from constant_edits(case.target, node, place, np.repeat(held, channels // len(held)))


def _with_real_numbers(graph: Graph, node: Node) -> Edit:
    """The operator between two casts; exact for integers below 2**24."""
    names = [fresh(graph, f"{node.outputs[0]} of real {place}") for place in range(len(node.inputs))]
    whole = fresh(graph, f"{node.outputs[0]} in real numbers")
    casts = [
        Node(name, "Cast", (given,), (name,), {"to": FLOAT})
        for name, given in zip(names, node.inputs, strict=True)
        if given
    ]
    inputs = tuple(name if given else "" for name, given in zip(names, node.inputs, strict=True))
    made = Node(node.name, node.op, inputs, (whole,), node.attributes)
    return ReplaceNodes(
        node.outputs[:1], (*casts, made, Node(whole, "Cast", (whole,), node.outputs[:1], {"to": WHOLE}))
    )


def _inject(graph: Graph, chance: random.Random) -> Injection | None:
    return None


fault = Fault("O1", "CG", ("onnx", "tflite"), _alternatives, _inject, shows=False)

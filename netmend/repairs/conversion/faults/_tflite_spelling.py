"""Operators of a source in ONNX said so that TFLite's operators can take their place.

TFLite has fewer of them, and they act on the last axis; what an exporter computes from shapes has to be stored there.

References: schema.fbs and the reference kernels of TensorFlow Lite (TOPK_V2, ONE_HOT, CONV_3D_TRANSPOSE); ONNX
specification, TopK, ScatterElements and ConvTranspose.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from typing import Any

import numpy as np

from netmend.network.graph import Array, Node
from netmend.repairs.conversion.faults._versions import Steps, Stretch, chain

WHOLE = 6
"""Integers of 32 bits, as TensorProto.DataType of the ONNX specification numbers them."""

Value = Callable[[str], Array | None]


def for_tflite(stretch: Stretch, value: Value, ends: Collection[str]) -> Stretch:
    """A stretch for a TFLite file; operators of which nothing better is known stay as they are.

    Args:
        value: of a tensor of the source in some rows, where that is known.
        ends: tensors that the stretch must go on to make.
    """
    constants = {**stretch.constants, **_from_shapes(stretch, value, ends)}
    made: list[Node] = []
    for node in stretch.nodes:
        known = value(node.inputs[0]) if node.inputs and node.inputs[0] else None
        if all(name in constants for name in node.outputs if name):
            continue
        if node.op == "TopK" and known is not None:
            made += _largest(node, known.ndim)
        elif node.op == "ScatterElements" and node.attributes.get("reduction", "none") == "add":
            made += _scattered_sums(node, known, constants)
        elif node.op == "ConvTranspose" and known is not None and known.ndim == 5:
            made += _spread_volumes(node, known, constants)
        else:
            made.append(node)
    read = {name for node in made for name in node.inputs}
    return Stretch(tuple(made), {name: held for name, held in constants.items() if name in read})


def _from_shapes(stretch: Stretch, value: Value, ends: Collection[str]) -> dict[str, Array]:
    """What follows from shapes alone; of tensors that are the same for every row, one row."""
    found: dict[str, Array] = {}
    for node in stretch.nodes:
        # Of the other tensor only the type is read.
        read = node.inputs[:1] if node.op == "CastLike" else node.inputs
        if node.op != "Shape" and not all(not name or name in stretch.constants or name in found for name in read):
            continue
        values = {name: value(name) for name in node.outputs if name}
        if not values.keys() & set(ends):
            found |= {name: _one_row(held) for name, held in values.items() if held is not None}
    return found


def _one_row(held: Array) -> Array:
    held = held.astype(np.float32) if held.dtype == np.float64 else held
    alike = held.ndim > 1 and len(held) > 1 and bool((held == held[:1]).all())
    return held[:1] if alike else held


def _largest(node: Node, rank: int) -> Iterator[Node]:
    """Along the last axis, between two exchanges of axes where it is another one."""
    axis = node.attributes.get("axis", -1) % rank
    attributes = {**node.attributes, "axis": -1}
    if axis == rank - 1:
        yield Node(node.name, node.op, node.inputs, node.outputs, attributes)
        return
    order = list(range(rank))
    order[axis], order[-1] = order[-1], order[axis]
    turned = f"{node.outputs[0]}/turned"
    inner = tuple(f"{name}/turned back" if name else "" for name in node.outputs)
    yield Node(turned, "Transpose", node.inputs[:1], (turned,), {"perm": order})
    yield Node(node.name, node.op, (turned, *node.inputs[1:]), inner, attributes)
    for before, after in zip(inner, node.outputs, strict=True):
        if after:
            yield Node(after, "Transpose", (before,), (after,), {"perm": order})


def _scattered_sums(node: Node, data: Array | None, constants: dict[str, Array]) -> Iterator[Node]:
    """Numbers added up where places along the last axis say, as a product with rows that are one at these places."""
    if data is None or node.attributes.get("axis", 0) % data.ndim != data.ndim - 1:
        yield node
        return
    key, (whole, places, numbers) = node.outputs[0], node.inputs
    names = [f"{key}/{what}" for what in ("length", "values", "axes")]
    held = (np.array(data.shape[-1], np.int32), np.array([0, 1], np.float32), np.array([-2], np.int64))
    constants.update(zip(names, held, strict=True))
    length, values, axes = names
    made: Steps = (
        ("Cast", (places,), {"to": WHOLE}), ("Mod", (0, length), {}), ("OneHot", (1, length, values), {"axis": -1}),
        ("Unsqueeze", (numbers, axes), {}), ("MatMul", (3, 2), {}), ("Squeeze", (4, axes), {}), ("Add", (whole, 5), {}),
    )  # fmt: skip
    yield from chain(node, made)


def _spread_volumes(node: Node, value: Array, constants: dict[str, Array]) -> Iterator[Node]:
    """A transposed convolution over three axes: all that it spreads, of which a piece is cut out, and the bias."""
    kernel, get = constants.get(node.inputs[1]), node.attributes.get
    plain = get("group", 1) == 1 and not get("output_shape") and get("auto_pad", "NOTSET") in ("NOTSET", "VALID")
    bias = constants.get(node.inputs[2]) if len(node.inputs) > 2 else np.zeros(0, np.float32)
    if kernel is None or bias is None or not plain or any(step != 1 for step in get("dilations") or ()):
        yield node
        return
    key = node.outputs[0]
    strides, more = list(get("strides") or [1] * 3), list(get("output_padding") or [0] * 3)
    pads = list(get("pads") or [0] * 6)
    whole = [
        stride * (size - 1) + width + extra
        for stride, size, width, extra in zip(strides, value.shape[2:], kernel.shape[2:], more, strict=True)
    ]
    left = [size - before - after for size, before, after in zip(whole, pads[:3], pads[3:], strict=True)]
    held = {
        "shape": np.array([1, *whole, kernel.shape[1]], np.int32),
        "kernel": np.ascontiguousarray(kernel.transpose(2, 3, 4, 1, 0)),
        "begins": np.array([0, *pads[:3], 0], np.int32),
        "sizes": np.array([-1, *left, -1], np.int32),
    }
    constants.update({f"{key}/{what}": each for what, each in held.items()})
    shape, weights, begins, sizes = (f"{key}/{what}" for what in held)
    options = {**dict(zip(("stride_d", "stride_h", "stride_w"), strides, strict=True)), "padding": "VALID"}
    made: list[tuple[str, tuple[int | str, ...], dict[str, Any]]] = [
        ("Transpose", (node.inputs[0],), {"perm": [0, 2, 3, 4, 1]}),
        ("tflite:CONV_3D_TRANSPOSE", (shape, weights, 0), options),
        ("tflite:SLICE", (1, begins, sizes), {}),
        ("Transpose", (2,), {"perm": [0, 4, 1, 2, 3]}),
    ]
    if bias.size:
        constants[f"{key}/bias"] = bias.reshape(-1, 1, 1, 1)
        made.append(("Add", (3, f"{key}/bias"), {}))
    yield from chain(node, made)

"""TensorFlow's operators in the words of TFLite, which are its own made fewer: channels last, padding by name.

A node mostly is one node, under its own name; some are a few, with settings as constants of their own. References: the
definitions of operators in TensorFlow's `core/ops`, and the rules of its converter (compiler/mlir/lite).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from netmend.core.errors import UnsupportedModel
from netmend.network.backends._saved_model_file import Placed
from netmend.network.backends._saved_model_lowering import Lowering, said, type_of, within

Rule = Callable[[Lowering, Placed], object]
"""Puts the nodes of one node of the file into what has been read; nobody looks at what it returns."""


def _same(op: str, **fixed: Any) -> Rule:
    return lambda found, placed: found.put(placed, op, placed.inputs, **fixed)


def _with(op: str, **names: tuple[str, Any]) -> Rule:
    """The same operator, with attributes (TFLite's name: TensorFlow's name, default)."""

    def rule(found: Lowering, placed: Placed) -> None:
        found.put(placed, op, placed.inputs, **{key: said(placed, *each) for key, each in names.items()})

    return rule


def _conv(found: Lowering, placed: Placed, op: str = "CONV_2D", layout: str = "OHWI") -> None:
    value, kernel = placed.inputs[:2]
    _, high, wide, _ = said(placed, "strides")
    _, down, along, _ = said(placed, "dilations", None) or (1, 1, 1, 1)
    padding = said(placed, "padding")
    if padding == "EXPLICIT":
        pads = np.reshape(said(placed, "explicit_paddings"), (4, 2))
        name = found.setting(placed, "explicit_paddings", pads, np.int32)
        value, padding = found.put(placed, "PAD", (value, name), within(placed, "padded")), "VALID"
    found.put(
        placed, op, (value, _weights(found, placed, kernel, layout)), padding=padding, stride_h=high, stride_w=wide,
        dilation_h_factor=down, dilation_w_factor=along, fused_activation_function="NONE",
    )  # fmt: skip


def _weights(found: Lowering, placed: Placed, kernel: str, layout: str) -> str:
    if kernel in found.values:
        return found.constant(kernel, layout)
    if layout != "OHWI":
        raise UnsupportedModel(f"{placed.node.op} computes its weights", where=f"node {placed.name!r}")
    order = found.setting(placed, "OHWI", (3, 0, 1, 2), np.int32)
    return found.put(placed, "TRANSPOSE", (kernel, order), within(placed, "kernel"))


def _transposed_conv(found: Lowering, placed: Placed) -> None:
    shape, kernel, value = placed.inputs
    _, high, wide, _ = said(placed, "strides")
    if said(placed, "padding") == "EXPLICIT" or any(each != 1 for each in said(placed, "dilations", None) or ()):
        raise UnsupportedModel("a transposed convolution that is dilated or padded", where=f"node {placed.name!r}")
    # (height, width, outputs, inputs) here, (outputs, height, width, inputs) there.
    if kernel in found.values:
        name = found.constant(kernel, "OHWI of HWOI")
    else:
        raise UnsupportedModel(f"{placed.node.op} computes its weights", where=f"node {placed.name!r}")
    found.put(
        placed, "TRANSPOSE_CONV", (shape, name, value), padding=said(placed, "padding"), stride_h=high, stride_w=wide,
        fused_activation_function="NONE",
    )  # fmt: skip


def _pool(op: str) -> Rule:
    def rule(found: Lowering, placed: Placed) -> None:
        _, high, wide, _ = said(placed, "strides")
        _, height, width, _ = said(placed, "ksize")
        if said(placed, "padding") not in ("SAME", "VALID"):
            raise UnsupportedModel("a pool that pads by numbers", where=f"node {placed.name!r}")
        found.put(
            placed, op, placed.inputs, padding=said(placed, "padding"), stride_h=high, stride_w=wide,
            filter_height=height, filter_width=width, fused_activation_function="NONE",
        )  # fmt: skip

    return rule


def _batch_norm(found: Lowering, placed: Placed) -> None:
    """(x - mean) / sqrt(variance + epsilon) * gamma + beta, of which all but x is a constant."""
    if said(placed, "is_training", True):
        raise UnsupportedModel("a batch normalisation that is training", where=f"node {placed.name!r}")
    value, gamma, beta, mean, variance = placed.inputs
    epsilon = found.setting(placed, "epsilon", said(placed, "epsilon", 1e-4))

    def step(op: str, name: str, *inputs: str) -> str:
        fused: dict[str, Any] = {} if op == "RSQRT" else {"fused_activation_function": "NONE"}
        return found.put(placed, op, inputs, within(placed, name) if name else "", **fused)

    root = step("RSQRT", "rsqrt", step("ADD", "variance", variance, epsilon))
    factor = step("MUL", "factor", root, gamma)
    step("ADD", "", step("MUL", "scaled", step("SUB", "centred", value, mean), factor), beta)


def _clip(found: Lowering, placed: Placed) -> None:
    value, low, high = placed.inputs
    found.put(placed, "MINIMUM", (found.put(placed, "MAXIMUM", (value, low), within(placed, "raised")), high))


def _complement(found: Lowering, placed: Placed) -> None:
    """1 - erf(x)."""
    part = found.put(placed, "Erf", placed.inputs, within(placed, "erf"))
    found.put(placed, "SUB", (found.setting(placed, "one", 1.0), part), **_FUSED)


def _gather(found: Lowering, placed: Placed) -> None:
    axis = int(found.known(placed, 2, "axis")) if len(placed.inputs) > 2 else 0
    if said(placed, "batch_dims", 0):
        raise UnsupportedModel("a gather with batch axes", where=f"node {placed.name!r}")
    found.put(placed, "GATHER", placed.inputs[:2], axis=axis, batch_dims=0)


def _concat(found: Lowering, placed: Placed) -> None:
    axis = int(found.known(placed, len(placed.inputs) - 1, "axis"))
    found.put(placed, "CONCATENATION", placed.inputs[:-1], axis=axis, fused_activation_function="NONE")


def _split(found: Lowering, placed: Placed) -> None:
    count = said(placed, "num_split")
    found.put(placed, "SPLIT", placed.inputs, count=count, num_splits=count)


def _split_by(found: Lowering, placed: Placed) -> None:
    count = said(placed, "num_split")
    found.put(placed, "SPLIT_V", placed.inputs, count=count, num_splits=count)


def _unpack(found: Lowering, placed: Placed) -> None:
    count = said(placed, "num")
    found.put(placed, "UNPACK", placed.inputs, count=count, num=count, axis=said(placed, "axis", 0))


def _cast(found: Lowering, placed: Placed) -> None:
    kind = type_of(said(placed, "DstT")).upper()
    found.put(placed, "CAST", placed.inputs, out_data_type=kind)


def _matrices(found: Lowering, placed: Placed) -> None:
    left, right = ("transpose_a", "transpose_b") if placed.node.op == "MatMul" else ("adj_x", "adj_y")
    found.put(placed, "BATCH_MATMUL", placed.inputs, adj_x=said(placed, left, False), adj_y=said(placed, right, False))


def _axes(op: str) -> Rule:
    return _with(op, keep_dims=("keep_dims", False))


def _place_of(op: str) -> Rule:
    def rule(found: Lowering, placed: Placed) -> None:
        kind = type_of(said(placed, "output_type", 9)).upper()
        found.put(placed, op, placed.inputs, output_type=kind)

    return rule


def _shape(found: Lowering, placed: Placed) -> None:
    found.put(placed, "SHAPE", placed.inputs, out_type=type_of(said(placed, "out_type", 3)).upper())


_FUSED: Mapping[str, Any] = {"fused_activation_function": "NONE"}
_RESIZED = {"align_corners": ("align_corners", False), "half_pixel_centers": ("half_pixel_centers", False)}

OPERATORS: Mapping[str, Rule] = {
    **dict.fromkeys(("Add", "AddV2", "BiasAdd"), _same("ADD", **_FUSED)),
    "Sub": _same("SUB", **_FUSED), "Mul": _same("MUL", **_FUSED),
    **dict.fromkeys(("RealDiv", "Div"), _same("DIV", **_FUSED)),
    **{
        name: _same(op)
        for name, op in {
            "Pow": "POW", "Maximum": "MAXIMUM", "Minimum": "MINIMUM", "SquaredDifference": "SQUARED_DIFFERENCE",
            "FloorDiv": "FLOOR_DIV", "FloorMod": "FLOOR_MOD", "Relu": "RELU", "Relu6": "RELU6", "Sigmoid": "LOGISTIC",
            "Tanh": "TANH", "Exp": "EXP", "Log": "LOG", "Sqrt": "SQRT", "Rsqrt": "RSQRT", "Neg": "NEG", "Abs": "ABS",
            "Floor": "FLOOR", "Ceil": "CEIL", "Round": "ROUND", "Rint": "ROUND", "Sin": "SIN", "Cos": "COS",
            "Sign": "SIGN", "Square": "SQUARE", "Elu": "ELU", "LogSoftmax": "LOG_SOFTMAX", "Equal": "EQUAL",
            "NotEqual": "NOT_EQUAL", "Less": "LESS", "LessEqual": "LESS_EQUAL", "Greater": "GREATER",
            "GreaterEqual": "GREATER_EQUAL", "LogicalAnd": "LOGICAL_AND", "LogicalOr": "LOGICAL_OR",
            "LogicalNot": "LOGICAL_NOT", "SelectV2": "SELECT_V2", "Select": "SELECT", "ZerosLike": "ZEROS_LIKE",
            "Rank": "RANK", "BroadcastTo": "BROADCAST_TO", "Tile": "TILE", "Fill": "FILL", "Range": "RANGE",
            "Pad": "PAD", "PadV2": "PADV2", "Transpose": "TRANSPOSE", "Reshape": "RESHAPE",
            "ExpandDims": "EXPAND_DIMS", "Slice": "SLICE", "GatherNd": "GATHER_ND", "ScatterNd": "SCATTER_ND",
            "ReverseV2": "REVERSE_V2", "SpaceToBatchND": "SPACE_TO_BATCH_ND", "BatchToSpaceND": "BATCH_TO_SPACE_ND",
            "AddN": "ADD_N", "Erf": "Erf", "Softplus": "Softplus", "Selu": "Selu", "Softsign": "Softsign",
            "Reciprocal": "Reciprocal", "Inv": "Reciprocal",
        }.items()
    },
    "Softmax": _same("SOFTMAX", beta=1.0),
    "LeakyRelu": _with("LEAKY_RELU", alpha=("alpha", 0.2)),
    "MirrorPad": _with("MIRROR_PAD", mode=("mode", "REFLECT")),
    "Squeeze": _with("SQUEEZE", squeeze_dims=("squeeze_dims", [])),
    "StridedSlice": _with(
        "STRIDED_SLICE",
        **{f"{each}_mask": (f"{each}_mask", 0) for each in ("begin", "end", "ellipsis", "new_axis", "shrink_axis")},
    ),
    "Pack": _with("PACK", axis=("axis", 0)),
    "OneHot": _with("ONE_HOT", axis=("axis", -1)),
    "DepthToSpace": _with("DEPTH_TO_SPACE", block_size=("block_size", 1)),
    "SpaceToDepth": _with("SPACE_TO_DEPTH", block_size=("block_size", 1)),
    "Cumsum": _with("CUMSUM", exclusive=("exclusive", False), reverse=("reverse", False)),
    "LRN": _with(
        "LOCAL_RESPONSE_NORMALIZATION", radius=("depth_radius", 5), bias=("bias", 1.0), alpha=("alpha", 1.0),
        beta=("beta", 0.5),
    ),
    "Einsum": _with("Einsum", equation=("equation", "")),
    "ResizeBilinear": _with("RESIZE_BILINEAR", **_RESIZED),
    "ResizeNearestNeighbor": _with("RESIZE_NEAREST_NEIGHBOR", **_RESIZED),
    **{name: _axes(op) for name, op in {
        "Mean": "MEAN", "Sum": "SUM", "Max": "REDUCE_MAX", "Min": "REDUCE_MIN", "Prod": "REDUCE_PROD",
        "Any": "REDUCE_ANY", "All": "REDUCE_ALL",
    }.items()},
    "ArgMax": _place_of("ARG_MAX"), "ArgMin": _place_of("ARG_MIN"),
    "TopKV2": lambda found, placed: found.put(placed, "TOPK_V2", placed.inputs, count=2),
    **dict.fromkeys(("MatMul", "BatchMatMul", "BatchMatMulV2", "BatchMatMulV3"), _matrices),
    "Conv2D": _conv,
    "DepthwiseConv2dNative": lambda found, placed: _conv(found, placed, "DEPTHWISE_CONV_2D", "1HWO"),
    "Conv2DBackpropInput": _transposed_conv,
    "MaxPool": _pool("MAX_POOL_2D"), "AvgPool": _pool("AVERAGE_POOL_2D"),
    **dict.fromkeys(("FusedBatchNorm", "FusedBatchNormV2", "FusedBatchNormV3"), _batch_norm),
    "ClipByValue": _clip, "Erfc": _complement, "GatherV2": _gather, "Gather": _gather, "ConcatV2": _concat,
    "Split": _split, "SplitV": _split_by, "Unpack": _unpack, "Cast": _cast, "Shape": _shape,
}  # fmt: skip

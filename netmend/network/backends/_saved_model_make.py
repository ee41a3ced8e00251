"""Nodes of a graph made by TensorFlow: what a new or changed node becomes in a SavedModel."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from netmend.core.errors import Inexpressible
from netmend.network.backends._saved_model_file import tensorflow
from netmend.network.graph import Array, Node


@dataclass(frozen=True, slots=True)
class Given:
    """An input of a node.

    Attributes:
        tensor: of TensorFlow; None for a new constant. value: of a constant, in the layout of the graph.
        layout: the tensor's numbers are in TensorFlow's order, the graph's in this.
    """

    tensor: Any
    value: Array | None = None
    layout: str = ""


def made(node: Node, inputs: Sequence[Given | None]) -> list[Any]:
    """The tensors of a node, made in TensorFlow's present graph.

    Raises:
        Inexpressible: there is no such operator. ValueError, TypeError: shapes or types do not fit.
    """
    op = node.op.removeprefix("tflite:")
    given = [each for each in inputs if each is not None]
    attributes = node.attributes
    if op in _WEIGHTED:
        answer = _WEIGHTED[op](given, attributes)
    elif op in _MADE:
        answer = _MADE[op](_tensors(given), attributes)
    else:
        raise Inexpressible(f"{op} is not written into SavedModels", where=f"node {node.name!r}")
    answers = list(answer) if isinstance(answer, list | tuple) else [answer]
    return [_activated(each, attributes.get("fused_activation_function", "NONE")) for each in answers]


def _tensors(given: Sequence[Given]) -> list[Any]:
    """All inputs as tensors; new real numbers get the type of the first real tensor."""
    tf = tensorflow()
    real = next(
        (each.tensor.dtype for each in given if each.tensor is not None and each.tensor.dtype.is_floating), None
    )
    return [
        each.tensor
        if each.tensor is not None
        else tf.constant(each.value, real if real is not None and np.asarray(each.value).dtype.kind == "f" else None)
        for each in given
    ]


def _kernel(given: Given, layout: str, order: tuple[int, ...]) -> Any:
    """A kernel in TensorFlow's order of axes."""
    tf = tensorflow()
    if given.tensor is None:
        assert given.value is not None
        return tf.constant(np.ascontiguousarray(given.value.transpose(order)))
    return given.tensor if given.layout == layout else tf.transpose(given.tensor, order)


def _conv(given: Sequence[Given], said: Mapping[str, Any]) -> Any:
    tf = tensorflow()
    value = _tensors(given[:1])[0]
    kernel = _kernel(given[1], "OHWI", (1, 2, 3, 0))
    strides = (said.get("stride_h", 1), said.get("stride_w", 1))
    steps = (said.get("dilation_h_factor", 1), said.get("dilation_w_factor", 1))
    return _biased(tf.nn.conv2d(value, kernel, strides, said.get("padding", "SAME"), dilations=steps), given, 2)


def _depthwise(given: Sequence[Given], said: Mapping[str, Any]) -> Any:
    tf = tensorflow()
    value = _tensors(given[:1])[0]
    kernel, stored = given[1].tensor, given[1].value
    if given[1].layout != "1HWO":
        _, height, width, outputs = stored.shape if kernel is None and stored is not None else kernel.shape
        shape = (height, width, value.shape[-1], outputs // value.shape[-1])
        kernel = tf.constant(np.reshape(stored, shape)) if kernel is None and stored is not None else kernel
        kernel = tf.reshape(kernel, shape) if tuple(kernel.shape) != shape else kernel
    strides = (1, said.get("stride_h", 1), said.get("stride_w", 1), 1)
    steps = (said.get("dilation_h_factor", 1), said.get("dilation_w_factor", 1))
    made = tf.nn.depthwise_conv2d(value, kernel, strides, said.get("padding", "SAME"), dilations=steps)
    return _biased(made, given, 2)


def _transposed(given: Sequence[Given], said: Mapping[str, Any]) -> Any:
    tf = tensorflow()
    shape, value = _tensors([given[0], given[2]])
    kernel = _kernel(given[1], "OHWI of HWOI", (1, 2, 0, 3))
    strides = (said.get("stride_h", 1), said.get("stride_w", 1))
    return _biased(tf.nn.conv2d_transpose(value, kernel, shape, strides, said.get("padding", "SAME")), given, 3)


def _connected(given: Sequence[Given], said: Mapping[str, Any]) -> Any:
    tf = tensorflow()
    value, weight = _tensors(given[:2])
    value = value if said.get("keep_num_dims") else tf.reshape(value, (-1, weight.shape[-1]))
    return _biased(tf.matmul(value, weight, transpose_b=True), given, 2)


def _biased(made: Any, given: Sequence[Given], place: int) -> Any:
    tf = tensorflow()
    return tf.nn.bias_add(made, _tensors(given[place : place + 1])[0]) if len(given) > place else made


def _activated(value: Any, kind: str) -> Any:
    tf = tensorflow()
    known: dict[str, Callable[[Any], Any]] = {
        "NONE": lambda value: value,
        "RELU": tf.nn.relu,
        "RELU6": tf.nn.relu6,
        "RELU_N1_TO_1": lambda value: tf.clip_by_value(value, -1.0, 1.0),
        "TANH": tf.tanh,
    }
    if kind not in known:
        raise Inexpressible(f"the activation {kind} is not written into SavedModels")
    return known[kind](value)


def _pool(name: str) -> Callable[[list[Any], Mapping[str, Any]], Any]:
    def pool(given: list[Any], said: Mapping[str, Any]) -> Any:
        window = (said.get("filter_height", 1), said.get("filter_width", 1))
        strides = (said.get("stride_h", 1), said.get("stride_w", 1))
        return getattr(tensorflow().nn, name)(given[0], window, strides, said.get("padding", "SAME"))

    return pool


def _plain(path: str) -> Callable[[list[Any], Mapping[str, Any]], Any]:
    """A function of tensors alone, by its name under `tf`."""

    def call(given: list[Any], said: Mapping[str, Any]) -> Any:
        function = tensorflow()
        for each in path.split("."):
            function = getattr(function, each)
        return function(*given)

    return call


def _raw(name: str, *inputs: str, **settings: str) -> Callable[[list[Any], Mapping[str, Any]], Any]:
    """An operator by its inputs, and by its settings (TensorFlow's name: TFLite's)."""

    def call(given: list[Any], said: Mapping[str, Any]) -> Any:
        words = {key: said[value] for key, value in settings.items() if said.get(value) is not None}
        return getattr(tensorflow().raw_ops, name)(**dict(zip(inputs, given, strict=False)), **words)

    return call


def _cast(given: list[Any], said: Mapping[str, Any]) -> Any:
    tf = tensorflow()
    return tf.cast(given[0], getattr(tf, said["out_data_type"].lower()))


def _typed(name: str, first: str, second: str | None, setting: str, says: str) -> Any:
    def call(given: list[Any], said: Mapping[str, Any]) -> Any:
        tf = tensorflow()
        words = {first: given[0], setting: getattr(tf, said.get(says, "INT64").lower())}
        words |= {second: given[1]} if second else {}
        return getattr(tf.raw_ops, name)(**words)

    return call


def _resize(name: str) -> Callable[[list[Any], Mapping[str, Any]], Any]:
    return _raw(name, "images", "size", align_corners="align_corners", half_pixel_centers="half_pixel_centers")


def _over(name: str) -> Callable[[list[Any], Mapping[str, Any]], Any]:
    return _raw(name, "input", "axis", keep_dims="keep_dims")


_WEIGHTED: Mapping[str, Callable[[Sequence[Given], Mapping[str, Any]], Any]] = {
    "CONV_2D": _conv,
    "DEPTHWISE_CONV_2D": _depthwise,
    "TRANSPOSE_CONV": _transposed,
    "FULLY_CONNECTED": _connected,
}

_MADE: Mapping[str, Callable[[list[Any], Mapping[str, Any]], Any]] = {
    **{
        op: _plain(path)
        for op, path in {
            "ADD": "add", "SUB": "subtract", "MUL": "multiply", "POW": "pow", "MAXIMUM": "maximum",
            "MINIMUM": "minimum", "SQUARED_DIFFERENCE": "math.squared_difference", "FLOOR_DIV": "math.floordiv",
            "FLOOR_MOD": "math.floormod", "RELU": "nn.relu", "RELU6": "nn.relu6", "LOGISTIC": "sigmoid",
            "TANH": "tanh", "EXP": "exp", "LOG": "math.log", "SQRT": "sqrt", "RSQRT": "math.rsqrt",
            "NEG": "negative", "ABS": "abs", "FLOOR": "floor", "CEIL": "math.ceil", "ROUND": "round", "SIN": "sin",
            "COS": "cos", "SIGN": "sign", "SQUARE": "square", "ELU": "nn.elu", "LOG_SOFTMAX": "nn.log_softmax",
            "EQUAL": "equal", "NOT_EQUAL": "not_equal", "LESS": "less", "LESS_EQUAL": "less_equal",
            "GREATER": "greater", "GREATER_EQUAL": "greater_equal", "LOGICAL_AND": "logical_and",
            "LOGICAL_OR": "logical_or", "LOGICAL_NOT": "logical_not", "SELECT_V2": "where",
            "ZEROS_LIKE": "zeros_like", "RANK": "rank", "BROADCAST_TO": "broadcast_to", "TILE": "tile",
            "FILL": "fill", "RANGE": "range", "TRANSPOSE": "transpose", "RESHAPE": "reshape",
            "EXPAND_DIMS": "expand_dims", "SLICE": "slice", "GATHER_ND": "gather_nd", "SCATTER_ND": "scatter_nd",
            "REVERSE_V2": "reverse", "SPACE_TO_BATCH_ND": "space_to_batch", "BATCH_TO_SPACE_ND": "batch_to_space",
            "Erf": "math.erf", "Softplus": "nn.softplus", "Selu": "nn.selu", "Softsign": "nn.softsign",
            "Reciprocal": "math.reciprocal",
        }.items()
    },
    # Of integers what is left over is cut off.
    "DIV": lambda given, said: (
        tensorflow().divide(*given) if given[0].dtype.is_floating else tensorflow().truncatediv(*given)
    ),
    # The older form chooses whole rows where the condition is a vector.
    "SELECT": _raw("Select", "condition", "x", "y"),
    "L2_NORMALIZATION": lambda given, said: tensorflow().nn.l2_normalize(given[0], -1),
    "PAD": _raw("Pad", "input", "paddings"),
    "PADV2": lambda given, said: tensorflow().raw_ops.PadV2(
        input=given[0], paddings=given[1], constant_values=tensorflow().reshape(given[2], ())
    ),
    "MIRROR_PAD": _raw("MirrorPad", "input", "paddings", mode="mode"),
    "SOFTMAX": lambda given, said: tensorflow().nn.softmax(
        given[0] if said.get("beta", 1.0) == 1.0 else given[0] * said["beta"]
    ),
    "LEAKY_RELU": lambda given, said: tensorflow().nn.leaky_relu(given[0], said.get("alpha", 0.0)),
    "PRELU": lambda given, said: tensorflow().where(given[0] < 0, given[0] * given[1], given[0]),
    "GELU": lambda given, said: tensorflow().nn.gelu(given[0], approximate=said.get("approximate", False)),
    "HARD_SWISH": lambda given, said: given[0] * tensorflow().clip_by_value(given[0] / 6 + 0.5, 0.0, 1.0),
    "RELU_N1_TO_1": lambda given, said: tensorflow().clip_by_value(given[0], -1.0, 1.0),
    "RELU_0_TO_1": lambda given, said: tensorflow().clip_by_value(given[0], 0.0, 1.0),
    "ADD_N": lambda given, said: tensorflow().add_n(given),
    "SQUEEZE": lambda given, said: tensorflow().squeeze(given[0], list(said.get("squeeze_dims") or []) or None),
    "STRIDED_SLICE": _raw(
        "StridedSlice", "input", "begin", "end", "strides",
        **{f"{each}_mask": f"{each}_mask" for each in ("begin", "end", "ellipsis", "new_axis", "shrink_axis")},
    ),
    "PACK": lambda given, said: tensorflow().stack(given, said.get("axis", 0)),
    "UNPACK": lambda given, said: tensorflow().unstack(given[0], said["num"], said.get("axis", 0)),
    "SPLIT": lambda given, said: tensorflow().raw_ops.Split(
        axis=given[0], value=given[1], num_split=said["num_splits"]
    ),
    "SPLIT_V": lambda given, said: tensorflow().raw_ops.SplitV(
        value=given[0], size_splits=given[1], axis=given[2], num_split=said["num_splits"]
    ),
    "CONCATENATION": lambda given, said: tensorflow().concat(given, said.get("axis", 0)),
    "GATHER": lambda given, said: tensorflow().gather(given[0], given[1], axis=said.get("axis", 0)),
    "ONE_HOT": lambda given, said: tensorflow().raw_ops.OneHot(
        indices=given[0], depth=given[1], on_value=given[2], off_value=given[3], axis=said.get("axis", -1)
    ),
    "DEPTH_TO_SPACE": _raw("DepthToSpace", "input", block_size="block_size"),
    "SPACE_TO_DEPTH": _raw("SpaceToDepth", "input", block_size="block_size"),
    "CUMSUM": _raw("Cumsum", "x", "axis", exclusive="exclusive", reverse="reverse"),
    "LOCAL_RESPONSE_NORMALIZATION": _raw(
        "LRN", "input", depth_radius="radius", bias="bias", alpha="alpha", beta="beta"
    ),
    "Einsum": lambda given, said: tensorflow().einsum(said["equation"], *given),
    "BATCH_MATMUL": lambda given, said: tensorflow().matmul(
        *given, transpose_a=said.get("adj_x", False), transpose_b=said.get("adj_y", False)
    ),
    "MAX_POOL_2D": _pool("max_pool2d"),
    "AVERAGE_POOL_2D": _pool("avg_pool2d"),
    "RESIZE_BILINEAR": _resize("ResizeBilinear"),
    "RESIZE_NEAREST_NEIGHBOR": _resize("ResizeNearestNeighbor"),
    "MEAN": _over("Mean"), "SUM": _over("Sum"), "REDUCE_MAX": _over("Max"), "REDUCE_MIN": _over("Min"),
    "REDUCE_PROD": _over("Prod"), "REDUCE_ANY": _over("Any"), "REDUCE_ALL": _over("All"),
    "CAST": _cast,
    "SHAPE": _typed("Shape", "input", None, "out_type", "out_type"),
    "ARG_MAX": _typed("ArgMax", "input", "dimension", "output_type", "output_type"),
    "ARG_MIN": _typed("ArgMin", "input", "dimension", "output_type", "output_type"),
    "TOPK_V2": lambda given, said: list(tensorflow().math.top_k(given[0], given[1])),
}  # fmt: skip

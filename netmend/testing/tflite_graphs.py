"""Tiny healthy networks in TFLite's operators, in real numbers and on bytes."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from netmend.network.graph import Array, Graph
from netmend.network.quantisation import Scheme
from netmend.testing.graphs import Step, numbers, small_graph


def tflite_pictures(seed: int) -> Graph:
    """TFLite's operators: strided, grouped and transposed convolutions, pooling, resizing, a flattened image."""
    some = numbers(seed)
    plain = {"fused_activation_function": "NONE"}
    single, double = {"stride_h": 1, "stride_w": 1}, {"stride_h": 2, "stride_w": 2}
    same, valid = {"padding": "SAME", **plain}, {"padding": "VALID", **plain}
    steps: list[Step] = [
        ("tflite:SUB", "x mean", "centred", plain),
        ("tflite:CONV_2D", "centred w1 b1", "c1", {**same, **double, "fused_activation_function": "RELU6"}),
        ("tflite:DEPTHWISE_CONV_2D", "c1 w2 b2", "c2", {**same, **single, "depth_multiplier": 1}),
        ("tflite:LEAKY_RELU", "c2", "r2", {"alpha": 0.2}),
        ("tflite:ADD", "r2 c1", "sum", plain),
        ("tflite:RESIZE_BILINEAR", "sum size", "large", {"half_pixel_centers": True, "align_corners": False}),
        ("tflite:AVERAGE_POOL_2D", "large", "p1", {**same, **double, "filter_height": 3, "filter_width": 3}),
        ("tflite:PAD", "p1 pads", "padded"),
        ("tflite:CONV_2D", "padded w3 b3", "c3", {**valid, **single}),
        ("tflite:CONCATENATION", "c3 p1", "all", {"axis": 3, **plain}),
        ("tflite:MAX_POOL_2D", "all", "p2", {**valid, **double, "filter_height": 2, "filter_width": 2}),
        ("tflite:RESHAPE", "p2 shape", "flat", {}),
        ("tflite:FULLY_CONNECTED", "flat w4 b4", "logits", plain),
        ("tflite:SOFTMAX", "logits", "y", {"beta": 1.0}),
    ]  # fmt: skip
    constants = {
        "mean": some(3) * 0.1 + 0.4, "w1": some(6, 3, 3, 3) / 3, "b1": some(6), "w2": some(1, 3, 3, 6) / 2,
        "b2": some(6),
        "size": np.array([9, 9], np.int32), "pads": np.array([[0, 0], [1, 1], [1, 1], [0, 0]], np.int32),
        "w3": some(6, 3, 3, 6) / 6, "b3": some(6), "shape": np.array([-1, 48], np.int32), "w4": some(5, 48) / 12,
        "b4": some(5),
    }  # fmt: skip
    return small_graph(steps, {"x": [None, 12, 12, 3]}, ["y"], constants)


def tflite_sequence(seed: int) -> Graph:
    """TFLite's operators: a recurrent layer with its gates apart, products, transpositions, means and a GELU."""
    some = numbers(seed)
    gates = "x iw fw cw ow ir fr cr or - - - ib fb cb ob - - state cell"
    steps: list[Step] = [
        (
            "tflite:UNIDIRECTIONAL_SEQUENCE_LSTM",
            gates,
            "l0",
            {"fused_activation_function": "TANH", "time_major": False},
        ),
        ("tflite:TRANSPOSE", "l0 turn", "turned"),
        ("tflite:BATCH_MATMUL", "l0 turned", "scores", {"adj_x": False, "adj_y": False}),
        ("tflite:SOFTMAX", "scores", "shares", {"beta": 1.0}),
        ("tflite:BATCH_MATMUL", "shares l0", "mixed", {"adj_x": False, "adj_y": False}),
        ("tflite:SUB", "l0 mixed", "rest", {"fused_activation_function": "NONE"}),
        ("tflite:GELU", "rest", "r1", {"approximate": False}),
        ("tflite:MEAN", "r1 places", "mean", {"keep_dims": False}),
        ("tflite:SQUARED_DIFFERENCE", "mean one", "squares"),
        ("tflite:SUM", "squares last", "total", {"keep_dims": True}),
        ("tflite:ADD", "total tiny", "safe", {"fused_activation_function": "NONE"}),
        ("tflite:RSQRT", "safe", "factor"),
        ("tflite:MUL", "mean factor", "unit", {"fused_activation_function": "NONE"}),
        ("tflite:FLOOR", "unit", "low"),
        ("tflite:MAXIMUM", "unit low", "top"),
        ("tflite:FULLY_CONNECTED", "top w b", "y", {"fused_activation_function": "NONE"}),
    ]
    constants = {
        **{f"{gate}w": some(6, 4) for gate in "ifco"}, **{f"{gate}r": some(6, 6) / 2 for gate in "ifco"},
        **{f"{gate}b": some(6) for gate in "ifco"}, "state": np.zeros((1, 6), np.float32),
        "cell": np.zeros((1, 6), np.float32), "turn": np.array([0, 2, 1], np.int32), "places": np.array([1], np.int32),
        "one": np.float32(0.1), "last": np.array([1], np.int32), "tiny": np.float32(0.05),
        "w": some(4, 6), "b": some(4),
    }  # fmt: skip
    return small_graph(steps, {"x": [None, 5, 4]}, ["y"], constants)


def tflite_quantised(seed: int) -> Graph:
    """TFLite's operators on bytes: a convolution and a depthwise one with a scale for each output, and a mean."""
    some = numbers(seed)
    plain = {"fused_activation_function": "NONE", "padding": "SAME", "stride_h": 1, "stride_w": 1}
    steps: list[Step] = [
        ("tflite:QUANTIZE", "x", "xq"),
        ("tflite:CONV_2D", "xq w1 b1", "c1", {**plain, "fused_activation_function": "RELU"}),
        ("tflite:DEPTHWISE_CONV_2D", "c1 w2 b2", "c2", {**plain, "depth_multiplier": 1}),
        ("tflite:DEQUANTIZE", "c2", "real"),
        ("tflite:MEAN", "real space", "mean", {"keep_dims": False}),
        ("tflite:FULLY_CONNECTED", "mean w3 b3", "y", {"fused_activation_function": "NONE"}),
    ]
    one, other = (0.01 + 0.02 * abs(some(4))), (0.01 + 0.02 * abs(some(4)))
    grids = {
        "xq": _grid([0.03], [2], "int8"), "w1": _grid(one, [0] * 4, "int8"), "b1": _grid(one * 0.03, [0] * 4, "int32"),
        "c1": _grid([0.1], [-128], "int8"), "w2": _grid(other, [0] * 4, "int8", 3),
        "b2": _grid(other * 0.1, [0] * 4, "int32"), "c2": _grid([0.2], [5], "int8"),
    }  # fmt: skip

    def whole(size: float, kind: str, *shape: int) -> Array:
        most = 127 if kind == "int8" else 2**30
        return np.rint(some(*shape) * size).clip(-most, most).astype(kind)

    constants = {
        "w1": whole(50, "int8", 4, 3, 3, 4), "b1": whole(2000, "int32", 4), "w2": whole(50, "int8", 1, 3, 3, 4),
        "b2": whole(1000, "int32", 4), "space": np.array([1, 2], np.int32), "w3": some(3, 4), "b3": some(3),
    }  # fmt: skip
    graph = small_graph(steps, {"x": [None, 6, 6, 4]}, ["y"], constants)
    return replace(graph, quantisation=grids)


def _grid(scale: Any, zero: Sequence[int], kind: str, axis: int = 0) -> Scheme:
    return Scheme(np.asarray(scale, np.float32), np.asarray(zero, np.int64), kind, axis)


TFLITE_NETWORKS: Mapping[str, Callable[[int], Graph]] = {
    make.__name__: make for make in (tflite_pictures, tflite_sequence, tflite_quantised)
}

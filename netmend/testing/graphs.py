"""Tiny healthy networks as graphs, which together have a place for every type of conversion fault."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from netmend.network.graph import Array, Graph, Node, Signature

Step = tuple[Any, ...]
"""(operator, inputs, outputs[, attributes])."""


def small_graph(
    steps: Sequence[Step],
    inputs: Mapping[str, Sequence[int | None]],
    outputs: Sequence[str],
    constants: Mapping[str, Any],
    opset: int = 20,
) -> Graph:
    """A graph in which names of inputs and outputs are given as words."""
    nodes = tuple(
        Node(step[2].split()[0], step[0], tuple(each if each != "-" else "" for each in step[1].split()),
             tuple(step[2].split()), step[3] if len(step) > 3 else {})
        for step in steps
    )  # fmt: skip
    stored = {name: np.asarray(value) for name, value in constants.items()}
    stored = {name: value.astype(np.float32) if value.dtype == np.float64 else value for name, value in stored.items()}
    given = tuple(Signature(name, tuple(shape), "float32") for name, shape in inputs.items())
    return Graph(nodes, stored, given, tuple(Signature(name, (), "float32") for name in outputs), opset)


def convolutional(seed: int) -> Graph:
    """Prepared images, strided and grouped convolutions, batch normalisation, both poolings, a sum and a softmax."""
    some = numbers(seed)
    steps: list[Step] = [
        ("Sub", "x mean", "centred"),
        ("Div", "centred deviation", "prepared"),
        ("Conv", "prepared w1 b1", "c1", {"pads": [0, 0, 1, 1], "strides": [2, 2]}),
        ("BatchNormalization", "c1 s1 t1 m1 v1", "n1", {"epsilon": 1e-3}),
        ("Relu", "n1", "r1"),
        ("MaxPool", "r1", "p1", {"kernel_shape": [3, 3], "strides": [1, 1], "pads": [1, 1, 1, 1]}),
        ("Conv", "p1 w2 b2", "c2", {"group": 8, "pads": [1, 1, 1, 1]}),
        ("Clip", "c2 zero six", "r2"),
        ("Conv", "r2 w3 b3", "c3"),
        ("Add", "c3 p1", "sum"),
        ("LeakyRelu", "sum", "r3", {"alpha": 0.2}),
        ("AveragePool", "r3", "p2", {"kernel_shape": [3, 3], "strides": [2, 2], "pads": [1, 1, 1, 1]}),
        ("GlobalAveragePool", "p2", "mean3"),
        ("Mul", "mean3 four", "scaled"),
        ("Flatten", "scaled", "flat"),
        ("Gemm", "flat w4 b4", "logits", {"transB": 1, "alpha": 1.0}),
        ("Softmax", "logits", "y", {"axis": -1}),
    ]
    constants = {
        "mean": some(3, 1, 1) * 0.1 + 0.4, "deviation": 0.2 + 0.1 * abs(some(3, 1, 1)),
        "w1": some(8, 3, 3, 3) / 20, "b1": some(8) / 4, "s1": 0.5 + 0.1 * some(8), "t1": some(8),
        "m1": some(8),
        "v1": 0.1 + abs(some(8)) ** 2, "w2": some(8, 1, 3, 3) / 3, "b2": some(8), "w3": some(8, 8, 1, 1) / 4,
        "b3": some(8), "w4": some(5, 8), "b4": some(5), "zero": np.float32(0),
        "six": np.float32(2), "four": np.float32(0.5),
    }  # fmt: skip
    return small_graph(steps, {"x": [None, 3, 14, 14]}, ["y"], constants)


def flattened(seed: int) -> Graph:
    """Channels last and back, a convolution with SAME padding, a flattened image and two fully connected layers."""
    some = numbers(seed)
    steps: list[Step] = [
        ("Transpose", "x", "image", {"perm": [0, 3, 1, 2]}),
        ("Conv", "image w1 b1", "c1", {"auto_pad": "SAME_UPPER", "strides": [2, 2]}),
        ("Relu", "c1", "r1"),
        ("MaxPool", "r1", "p1", {"kernel_shape": [2, 2], "strides": [2, 2]}),
        ("Reshape", "p1 shape", "flat"),
        ("MatMul", "flat w2", "m2"),
        ("Add", "m2 b2", "a2"),
        ("HardSigmoid", "a2", "r2", {"alpha": 0.2, "beta": 0.5}),
        ("Gemm", "r2 w3 b3", "y"),
    ]
    constants = {
        "w1": some(6, 3, 3, 3) / 3, "b1": some(6), "shape": np.array([0, -1]), "w2": some(24, 24) / 4, "b2": some(24),
        "w3": some(24, 4), "b3": some(4),
    }  # fmt: skip
    return small_graph(steps, {"x": [None, 8, 8, 3]}, ["y"], constants)


def resized(seed: int) -> Graph:
    """Images made larger in four ways, joined, cut and gathered, ending in a mean so that shapes may change."""
    some = numbers(seed)
    steps: list[Step] = [
        ("Conv", "x w1 -", "c1", {"pads": [1, 1, 1, 1]}),
        ("Resize", "c1 - scales", "near", {"mode": "nearest", "nearest_mode": "floor",
         "coordinate_transformation_mode": "asymmetric"}),
        ("Resize", "c1 - scales", "line", {"mode": "linear", "coordinate_transformation_mode": "half_pixel"}),
        ("Resize", "c1 - scales", "cube", {"mode": "cubic", "cubic_coeff_a": -0.75}),
        ("Concat", "near line cube", "all", {"axis": 1}),
        ("Pad", "all pads", "padded", {"mode": "reflect"}),
        ("Conv", "padded w2 b2", "c2", {"strides": [2, 2], "dilations": [2, 2]}),
        ("Elu", "c2", "r2", {"alpha": 0.7}),
        ("DepthToSpace", "r2", "spread", {"blocksize": 2, "mode": "CRD"}),
        ("ConvTranspose", "spread w3 b3", "c3", {"strides": [2, 2]}),
        ("MaxPool", "c3", "p3", {"kernel_shape": [3, 3], "strides": [3, 3], "ceil_mode": 1}),
        ("AveragePool", "p3", "p4", {"kernel_shape": [2, 2], "strides": [2, 2], "pads": [1, 1, 1, 1]}),
        ("Tanh", "p4", "r4"),
        ("ReduceMean", "r4 space", "means", {"keepdims": 0}),
        ("Gather", "means picks", "y", {"axis": 1}),
    ]  # fmt: skip
    constants = {
        "w1": some(4, 3, 3, 3) / 3, "scales": np.array([1, 1, 1.5, 1.5], np.float32),
        "pads": np.array([0, 0, 1, 1, 0, 0, 1, 1]),
        "w2": some(8, 12, 3, 3) / 6, "b2": some(8), "w3": some(2, 5, 3, 3), "b3": some(5), "space": np.array([2, 3]),
        "picks": np.array([3, 1, 0, 4]),
    }  # fmt: skip
    return small_graph(steps, {"x": [None, 3, 10, 10]}, ["y"], constants)


def attentive(seed: int) -> Graph:
    """An encoder block: layer normalisation, attention by matrices and transpositions, GELU written out, a mean."""
    some = numbers(seed)
    steps: list[Step] = [
        ("LayerNormalization", "x g1 h1", "n1", {"axis": -1, "epsilon": 1e-2}),
        ("MatMul", "n1 wq", "q0"),
        ("MatMul", "n1 wk", "k0"),
        ("MatMul", "n1 wv", "v0"),
        ("Add", "q0 bq", "q1"),
        ("Reshape", "q1 heads", "q2"),
        ("Reshape", "k0 heads", "k2"),
        ("Reshape", "v0 heads", "v2"),
        ("Transpose", "q2", "q", {"perm": [0, 2, 1, 3]}),
        ("Transpose", "k2", "k", {"perm": [0, 2, 3, 1]}),
        ("Transpose", "v2", "v", {"perm": [0, 2, 1, 3]}),
        ("MatMul", "q k", "scores"),
        ("Mul", "scores root", "scaled"),
        ("Softmax", "scaled", "shares", {"axis": -1}),
        ("MatMul", "shares v", "mixed"),
        ("Transpose", "mixed", "turned", {"perm": [0, 2, 1, 3]}),
        ("Reshape", "turned whole", "joined"),
        ("MatMul", "joined wo", "o0"),
        ("Add", "o0 x", "sum1"),
        ("MatMul", "sum1 w1", "f0"),
        ("Add", "f0 b1", "f1"),
        ("Gelu", "f1", "f2"),
        ("MatMul", "f2 w2", "f3"),
        ("Sub", "sum1 f3", "sum2"),
        ("ReduceMean", "sum2 places", "mean", {"keepdims": 0}),
        ("Mul", "mean mean", "squares"),
        ("ReduceSum", "squares last", "total", {"keepdims": 1}),
        ("Add", "total tiny", "safe"),
        ("Sqrt", "safe", "length"),
        ("Div", "mean length", "unit"),
        ("Gemm", "unit w3 b3", "y", {"alpha": 0.5, "beta": 1.0}),
    ]
    constants = {
        "g1": 1 + 0.3 * some(8), "h1": some(8), "wq": some(8, 8), "wk": some(8, 8), "wv": some(8, 8), "bq": some(8),
        "heads": np.array([0, 0, 4, 2]), "root": np.float32(2**-0.5), "whole": np.array([0, 0, 8]), "wo": some(8, 8),
        "w1": some(8, 12) / 2, "b1": some(12), "w2": some(12, 8) / 3, "places": np.array([1]), "last": np.array([-1]),
        "tiny": np.float32(1e-2), "w3": some(8, 3), "b3": some(3),
    }  # fmt: skip
    return small_graph(steps, {"x": [None, 4, 8]}, ["y"], constants)


def recurrent(seed: int) -> Graph:
    """A GRU, an LSTM both ways and an RNN on a sequence, the last state of which is classified."""
    some = numbers(seed)
    steps: list[Step] = [
        ("Transpose", "x", "steps", {"perm": [1, 0, 2]}),
        ("GRU", "steps gw gr gb", "g0", {"hidden_size": 4, "linear_before_reset": 1}),
        ("Squeeze", "g0 one", "g1"),
        ("LSTM", "g1 lw lr lb", "l0", {"hidden_size": 3, "direction": "bidirectional"}),
        ("Transpose", "l0", "l1", {"perm": [0, 2, 1, 3]}),
        ("Reshape", "l1 joined", "l2"),
        ("RNN", "l2 rw rr rb", "- last", {"hidden_size": 5}),
        ("Squeeze", "last zero", "state"),
        ("Gemm", "state w b", "y"),
    ]
    constants = {
        "gw": some(1, 12, 3), "gr": some(1, 12, 4), "gb": some(1, 24), "lw": some(2, 12, 4), "lr": some(2, 12, 3),
        "lb": some(2, 24), "rw": some(1, 5, 6), "rr": some(1, 5, 5), "rb": some(1, 10), "one": np.array([1]),
        "zero": np.array([0]), "joined": np.array([0, 0, -1]), "w": some(5, 4), "b": some(4),
    }  # fmt: skip
    steps[6] = ("RNN", "l2 rw rr rb", "r0 last", {"hidden_size": 5})
    return small_graph(steps, {"x": [None, 6, 3]}, ["y"], constants)


def whole_numbers(seed: int) -> Graph:
    """Numbers rounded to whole ones, divided with remainder, compared, summed up and chosen between."""
    some = numbers(seed)
    steps: list[Step] = [
        ("Mul", "x ten", "large"),
        ("Round", "large", "rounded"),
        ("Cast", "rounded", "whole", {"to": 7}),
        ("Mod", "whole three", "rest"),
        ("Mod", "whole seven", "far"),
        ("Sub", "whole far", "fitting"),
        ("Div", "fitting seven", "weeks"),
        ("Add", "rest weeks", "added"),
        ("Cast", "added", "real", {"to": 1}),
        ("Floor", "large", "low"),
        ("GreaterOrEqual", "real limit", "big"),
        ("Where", "big real low", "chosen"),
        ("CumSum", "chosen axis", "running"),
        ("ReduceMax", "running last", "top", {"keepdims": 1}),
        ("Max", "top limit", "safe"),
        ("Div", "running safe", "shares"),
        ("Gemm", "shares w b", "y"),
    ]
    constants = {
        "ten": np.float32(10), "three": np.int64(3), "seven": np.int64(7), "limit": np.float32(1), "axis": np.int64(1),
        "last": np.array([1]), "w": some(6, 3), "b": some(3),
    }  # fmt: skip
    return small_graph(steps, {"x": [None, 6]}, ["y"], constants)


def grouped(seed: int) -> Graph:
    """Group, instance and layer normalisation over several axes, parametric activations, a split and a product."""
    some = numbers(seed)
    steps: list[Step] = [
        ("Conv", "x w1 b1", "c1", {"pads": [1, 1, 1, 1]}),
        ("GroupNormalization", "c1 g1 h1", "n1", {"num_groups": 4, "epsilon": 1e-2}),
        ("HardSwish", "n1", "r1"),
        ("Split", "r1 halves", "left right", {"axis": 1}),
        ("Sigmoid", "right", "gate"),
        ("Mul", "left gate", "gated"),
        ("InstanceNormalization", "gated g2 h2", "n2", {"epsilon": 1e-2}),
        ("Conv", "n2 w2 b2", "c2", {"pads": [2, 2, 2, 2], "dilations": [2, 2]}),
        ("Celu", "c2", "r2", {"alpha": 0.5}),
        ("Concat", "r2 n2", "all", {"axis": 1}),
        ("ReduceSum", "all space", "sums", {"keepdims": 0}),
        ("Gemm", "sums w3 b3", "y", {"transB": 1}),
    ]
    constants = {
        "w1": some(8, 2, 3, 3) / 2, "b1": some(8), "g1": 1 + 0.2 * some(8), "h1": some(8), "halves": np.array([4, 4]),
        "g2": 1 + 0.2 * some(4), "h2": some(4), "w2": some(4, 4, 3, 3) / 4, "b2": some(4), "space": np.array([2, 3]),
        "w3": some(3, 8) / 4, "b3": some(3),
    }  # fmt: skip
    return small_graph(steps, {"x": [None, 2, 7, 7]}, ["y"], constants, opset=21)


def ranges(seed: int) -> Graph:
    """Numbers that half precision cannot hold, on the way to some that it can."""
    some = numbers(seed)
    steps: list[Step] = [
        ("Tanh", "x", "near"),
        ("Mul", "near big", "scaled"),
        ("Relu", "scaled", "positive"),
        ("Mul", "positive small", "back"),
        ("Gemm", "back w -", "y"),
    ]
    constants = {"big": np.float32(2e6), "small": np.float32(1e-8), "w": some(9, 8)}
    return small_graph(steps, {"x": [None, 9]}, ["y"], constants)


def quantised(seed: int) -> Graph:
    """A convolution and a fully connected layer between operators that quantise and dequantise."""
    some = numbers(seed)
    steps: list[Step] = [
        ("QuantizeLinear", "x xs xz", "xq"),
        ("DequantizeLinear", "xq xs xz", "xr"),
        ("DequantizeLinear", "wq ws wz", "wr", {"axis": 0}),
        ("DequantizeLinear", "bq bs bz", "br", {"axis": 0}),
        ("Conv", "xr wr br", "c1", {"pads": [1, 1, 1, 1]}),
        ("Relu", "c1", "r1"),
        ("QuantizeLinear", "r1 rs rz", "rq"),
        ("DequantizeLinear", "rq rs rz", "rr"),
        ("ReduceMean", "rr space", "mean", {"keepdims": 0}),
        ("Gemm", "mean w2 b2", "y"),
    ]
    scale = (0.01 + 0.02 * abs(some(4))).astype(np.float32)
    constants = {
        "xs": np.float32(0.03), "xz": np.uint8(120),
        "wq": np.rint(some(4, 4, 3, 3) * 50).clip(-127, 127).astype(np.int8),
        "ws": scale, "wz": np.zeros(4, np.int8), "bq": np.rint(some(4) * 2000).astype(np.int32),
        "bs": (scale * np.float32(0.03)).astype(np.float32), "bz": np.zeros(4, np.int32), "rs": np.float32(0.1),
        "rz": np.uint8(3), "space": np.array([2, 3]), "w2": some(4, 3), "b2": some(3),
    }  # fmt: skip
    return small_graph(steps, {"x": [None, 4, 6, 6]}, ["y"], constants)


def branched(seed: int) -> Graph:
    """A dense layer, of which each row goes on in one of two ways."""
    some = numbers(seed)
    steps: list[Step] = [
        ("Gemm", "x w1 b1", "h"),
        ("ReduceSum", "h axis", "total", {"keepdims": 1}),
        ("Greater", "total zero", "above"),
        ("Tanh", "h", "bent"),
        ("Mul", "h slope", "steep"),
        ("Where", "above bent steep", "way"),
        ("Gemm", "way w2", "y"),
    ]
    constants = {"w1": some(6, 5), "b1": some(5), "axis": [1], "zero": 0.0, "slope": some(5), "w2": some(5, 4)}
    return small_graph(steps, {"x": [None, 6]}, ["y"], constants)


NETWORKS: Mapping[str, Callable[[int], Graph]] = {
    make.__name__: make
    for make in (
        convolutional,
        flattened,
        resized,
        attentive,
        recurrent,
        whole_numbers,
        grouped,
        ranges,
        quantised,
        branched,
    )
}


def inputs_of(graph: Graph, rows: int, seed: int) -> dict[str, Array]:
    """Normal numbers for every input, float32, `rows` along the first axis."""
    chance = np.random.default_rng([seed, rows])
    return {
        each.name: chance.normal(size=(rows, *(size or 2 for size in each.shape[1:]))).astype(np.float32)
        for each in graph.inputs
    }


def numbers(seed: int) -> Callable[..., Array]:
    """Normal numbers in any shape, the same in every run."""
    chance = np.random.default_rng(seed)
    return lambda *shape: chance.normal(size=shape)

"""ONNX networks of the battery: operators with attributes that exporters of other frameworks hardly write."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import numpy as np

from bench.conversion.real.inputs import Taken, normal, positive, signed, unit, whole
from netmend.network.graph import Array

IMAGE, SIGNAL, VECTOR, STEPS = normal(4, 9, 8), normal(4, 13), normal(6), normal(5, 6)

Operator = tuple[str, str, tuple[Taken, ...], dict[str, Any], tuple[Any, ...], int]
"""Name, operator, what it takes, attributes, further inputs (arrays; a tuple is a shape to draw one of), version."""


def operators() -> Iterator[tuple[str, Callable[[], Any], tuple[Taken, ...]]]:
    """All of them: name, the model, what it takes."""
    for part in (_windows, _resizes, _norms, _activations, _selections, _reductions, _recurrent, _integers):
        for name, op, taken, attributes, others, version in part():
            yield name, partial(model, name, op, taken, attributes, others, version), taken


def model(
    name: str, op: str, taken: tuple[Taken, ...], attributes: dict[str, Any], others: tuple[Any, ...], version: int
) -> Any:
    """One operator as a model; its batch is free."""
    import onnx
    from onnx import TensorProto, helper

    random = np.random.default_rng(zlib.crc32(name.encode()))
    constants: dict[str, Array] = {}
    names = [f"x{place}" for place in range(len(taken))]
    for place, each in enumerate(others):
        if each is None:
            names.append("")
            continue
        if isinstance(each, tuple):
            each = random.standard_normal(each).astype(np.float32)
        constants[f"c{place}"] = np.abs(each) + 0.1 if attributes.get("-positive") == place else each
        names.append(f"c{place}")
    plain = {key: value for key, value in attributes.items() if not key.startswith("-")}
    nodes = [helper.make_node(op, names, ["y", "places"] if op == "TopK" else ["y"], name=op.lower(), **plain)]
    if op in ("LSTM", "GRU", "RNN"):
        # Steps come first in these, and rows are wanted there.
        nodes = [
            helper.make_node("Transpose", ["x0"], ["steps"], name="steps", perm=[1, 0, 2]),
            helper.make_node(op, ["steps", *names[1:]], ["states"], name=op.lower(), **plain),
            helper.make_node("Transpose", ["states"], ["y"], name="rows", perm=[2, 0, 1, 3]),
        ]
    graph = helper.make_graph(
        nodes,
        name,
        [
            helper.make_tensor_value_info(
                f"x{place}", TensorProto.INT64 if each.dtype == "int64" else TensorProto.FLOAT, ["rows", *each.shape]
            )
            for place, each in enumerate(taken)
        ],
        [helper.make_value_info("y", helper.make_tensor_type_proto(attributes.get("-out", TensorProto.FLOAT), None))],
        [onnx.numpy_helper.from_array(value, key) for key, value in constants.items()],
    )
    made = helper.make_model(graph, opset_imports=[helper.make_opsetid("", version)], ir_version=8)
    return onnx.shape_inference.infer_shapes(made)


def _windows() -> Iterator[Operator]:
    weight = (6, 4, 3, 3)
    for pads in ("SAME_UPPER", "SAME_LOWER", "VALID"):
        low = pads.lower().replace("_", "-")
        yield f"conv-{low}", "Conv", (IMAGE,), {"auto_pad": pads, "strides": [2, 2]}, (weight, (6,)), 17
        yield (
            f"maxpool-{low}",
            "MaxPool",
            (IMAGE,),
            {"auto_pad": pads, "strides": [2, 2], "kernel_shape": [3, 3]},
            (),
            17,
        )
        yield (
            f"avgpool-{low}",
            "AveragePool",
            (IMAGE,),
            {"auto_pad": pads, "strides": [2, 2], "kernel_shape": [3, 3]},
            (),
            17,
        )
    yield "conv-same-upper-even-kernel", "Conv", (IMAGE,), {"auto_pad": "SAME_UPPER"}, ((6, 4, 4, 4),), 17
    yield "conv-same-lower-even-kernel", "Conv", (IMAGE,), {"auto_pad": "SAME_LOWER"}, ((6, 4, 4, 4),), 17
    yield "conv-same-dilated", "Conv", (IMAGE,), {"auto_pad": "SAME_UPPER", "dilations": [2, 2]}, (weight,), 17
    yield "conv-uneven-pads", "Conv", (IMAGE,), {"pads": [0, 1, 2, 0], "strides": [2, 1]}, (weight, (6,)), 17
    yield "conv-uneven-pads-end", "Conv", (IMAGE,), {"pads": [0, 0, 1, 1], "strides": [2, 2]}, (weight, (6,)), 17
    yield "conv-groups-uneven-pads", "Conv", (IMAGE,), {"pads": [1, 0, 0, 1], "group": 2}, ((6, 2, 3, 3),), 17
    yield "conv1d-uneven-pads", "Conv", (SIGNAL,), {"pads": [2, 0]}, ((6, 4, 3),), 17
    yield "conv1d-same-upper", "Conv", (SIGNAL,), {"auto_pad": "SAME_UPPER", "strides": [2]}, ((6, 4, 4),), 17
    yield (
        "deconv-output-shape",
        "ConvTranspose",
        (IMAGE,),
        {"strides": [2, 2], "output_shape": [18, 17]},
        ((4, 3, 3, 3),),
        17,
    )
    yield (
        "deconv-same-upper",
        "ConvTranspose",
        (IMAGE,),
        {"strides": [2, 2], "auto_pad": "SAME_UPPER"},
        ((4, 3, 3, 3),),
        17,
    )
    yield (
        "deconv-same-lower",
        "ConvTranspose",
        (IMAGE,),
        {"strides": [2, 2], "auto_pad": "SAME_LOWER"},
        ((4, 3, 3, 3),),
        17,
    )
    yield (
        "deconv-uneven-pads",
        "ConvTranspose",
        (IMAGE,),
        {"strides": [2, 2], "pads": [0, 1, 1, 0]},
        ((4, 3, 3, 3),),
        17,
    )
    yield (
        "deconv-output-padding",
        "ConvTranspose",
        (IMAGE,),
        {"strides": [3, 2], "pads": [1, 1, 1, 1], "output_padding": [2, 1]},
        ((4, 3, 3, 3), (3,)),
        17,
    )
    yield "deconv-groups", "ConvTranspose", (IMAGE,), {"strides": [2, 2], "group": 2}, ((4, 3, 3, 3),), 17
    yield "deconv-dilated", "ConvTranspose", (IMAGE,), {"strides": [2, 2], "dilations": [2, 2]}, ((4, 3, 3, 3),), 17
    for ceil in (0, 1):
        for count in (0, 1):
            how = {"kernel_shape": [3, 3], "strides": [2, 2], "ceil_mode": ceil, "count_include_pad": count}
            ending = f"{'ceil' if ceil else 'floor'}-{'include' if count else 'exclude'}"
            yield f"avgpool-{ending}", "AveragePool", (IMAGE,), {**how, "pads": [1, 1, 1, 1]}, (), 19
            yield f"avgpool-{ending}-uneven", "AveragePool", (IMAGE,), {**how, "pads": [0, 0, 1, 1]}, (), 19
            how = {"kernel_shape": [3], "strides": [2], "pads": [1, 1], "ceil_mode": ceil, "count_include_pad": count}
            yield f"avgpool1d-{ending}", "AveragePool", (SIGNAL,), how, (), 19
    yield "avgpool-dilated", "AveragePool", (IMAGE,), {"kernel_shape": [2, 2], "dilations": [2, 2]}, (), 19
    yield "maxpool-ceil", "MaxPool", (IMAGE,), {"kernel_shape": [2, 2], "strides": [2, 2], "ceil_mode": 1}, (), 17
    yield (
        "maxpool-uneven-pads",
        "MaxPool",
        (IMAGE,),
        {"kernel_shape": [3, 3], "strides": [2, 2], "pads": [0, 1, 1, 0]},
        (),
        17,
    )
    yield (
        "maxpool-uneven-ceil",
        "MaxPool",
        (IMAGE,),
        {"kernel_shape": [3, 3], "strides": [2, 2], "pads": [0, 0, 1, 1], "ceil_mode": 1},
        (),
        17,
    )
    yield (
        "maxpool-dilated",
        "MaxPool",
        (IMAGE,),
        {"kernel_shape": [2, 2], "dilations": [2, 2], "strides": [2, 2]},
        (),
        17,
    )
    yield "lppool", "LpPool", (IMAGE,), {"kernel_shape": [2, 2], "strides": [2, 2], "p": 2}, (), 17
    yield (
        "lppool-pads-3",
        "LpPool",
        (IMAGE,),
        {"kernel_shape": [3, 3], "strides": [2, 2], "p": 3, "pads": [1, 1, 1, 1]},
        (),
        17,
    )
    yield "global-lppool", "GlobalLpPool", (IMAGE,), {"p": 2}, (), 17
    yield "global-avgpool", "GlobalAveragePool", (IMAGE,), {}, (), 17
    yield "global-maxpool", "GlobalMaxPool", (IMAGE,), {}, (), 17


def _resizes() -> Iterator[Operator]:
    nothing = np.zeros(0, np.float32)
    sizes = {"up": [13, 15], "down": [4, 3], "double": [18, 16]}
    for mode in ("nearest", "linear", "cubic"):
        for way in ("half_pixel", "pytorch_half_pixel", "align_corners", "asymmetric"):
            for scale in ("up", "down", "double"):
                roundings = ("round_prefer_floor", "floor", "ceil", "round_prefer_ceil") if mode == "nearest" else ("",)
                for rounding in roundings:
                    if mode == "nearest" and scale == "double" and rounding != "floor":
                        continue
                    how = {"mode": mode, "coordinate_transformation_mode": way}
                    how |= {"nearest_mode": rounding} if rounding else {}
                    name = "-".join(filter(None, ("resize", mode, way, rounding, scale))).replace("_", "-")
                    others: tuple[Any, ...] = (nothing, np.array([1, 1, 2, 2], np.float32))
                    if scale != "double":
                        factors = np.array([1, 1, sizes[scale][0] / 9, sizes[scale][1] / 8], np.float32)
                        others = (nothing, factors)
                    yield name, "Resize", (IMAGE,), how, others, 17
    cubic = {"mode": "cubic", "coordinate_transformation_mode": "half_pixel"}
    double = (nothing, np.array([1, 1, 2, 2], np.float32))
    yield "resize-cubic-half", "Resize", (IMAGE,), {**cubic, "cubic_coeff_a": -0.5}, double, 17
    yield "resize-cubic-outside", "Resize", (IMAGE,), {**cubic, "exclude_outside": 1}, double, 17
    antialias = {"mode": "linear", "antialias": 1}
    yield "resize-antialias", "Resize", (IMAGE,), antialias, (nothing, np.array([1, 1, 0.5, 0.4], np.float32)), 18
    yield "resize-signal", "Resize", (SIGNAL,), {"mode": "linear"}, (nothing, np.array([1, 1, 2], np.float32)), 17
    yield (
        "resize-keep-aspect",
        "Resize",
        (IMAGE,),
        {"mode": "linear", "axes": [2, 3], "keep_aspect_ratio_policy": "not_larger"},
        (nothing, nothing, np.array([14, 15])),
        18,
    )
    yield "upsample-nearest", "Upsample", (IMAGE,), {"mode": "nearest"}, (np.array([1, 1, 2, 2], np.float32),), 9
    yield "upsample-linear", "Upsample", (IMAGE,), {"mode": "linear"}, (np.array([1, 1, 2, 2], np.float32),), 9
    yield "depth-to-space-dcr", "DepthToSpace", (IMAGE,), {"blocksize": 2, "mode": "DCR"}, (), 17
    yield "depth-to-space-crd", "DepthToSpace", (normal(8, 3, 5),), {"blocksize": 2, "mode": "CRD"}, (), 17
    yield "space-to-depth", "SpaceToDepth", (normal(3, 6, 8),), {"blocksize": 2}, (), 17
    for mode in ("reflect", "edge", "wrap"):
        pads = np.array([0, 0, 1, 2, 0, 0, 2, 1])
        yield f"pad-{mode}", "Pad", (IMAGE,), {"mode": mode}, (pads,), 19
    yield "pad-value", "Pad", (IMAGE,), {}, (np.array([0, 1, 1, 2, 0, 0, 2, 1]), np.float32(0.7)), 17
    yield "pad-negative", "Pad", (IMAGE,), {}, (np.array([0, 0, -1, 2, 0, 0, 2, -1]),), 17
    for mode in ("bilinear", "nearest", "bicubic"):
        how = {"mode": mode, "padding_mode": "border"}
        yield f"grid-sample-{mode}", "GridSample", (normal(2, 6, 7), unit(3, 4, 2)), how, (), 16


def _norms() -> Iterator[Operator]:
    four = ((4,), (4,))
    statistics = (*four, (4,), np.array([0.5, 1.0, 2.0, 0.1], np.float32))
    yield "batchnorm", "BatchNormalization", (IMAGE,), {}, statistics, 15
    yield "batchnorm-epsilon", "BatchNormalization", (IMAGE,), {"epsilon": 0.1}, statistics, 15
    yield "batchnorm-vector", "BatchNormalization", (normal(4),), {"epsilon": 1e-3}, statistics, 15
    yield "instancenorm", "InstanceNormalization", (IMAGE,), {"epsilon": 1e-2}, four, 17
    yield "instancenorm-signal", "InstanceNormalization", (SIGNAL,), {}, four, 17
    yield "layernorm", "LayerNormalization", (STEPS,), {"epsilon": 1e-2}, ((6,), (6,)), 17
    yield "layernorm-axis", "LayerNormalization", (IMAGE,), {"axis": 2}, ((9, 8), (9, 8)), 17
    yield "layernorm-axis-1", "LayerNormalization", (IMAGE,), {"axis": 1}, ((4, 9, 8),), 17
    yield "groupnorm-18", "GroupNormalization", (IMAGE,), {"num_groups": 2}, ((2,), (2,)), 18
    yield "groupnorm-21", "GroupNormalization", (IMAGE,), {"num_groups": 2, "epsilon": 0.05}, four, 21
    yield "rmsnorm-23", "RMSNormalization", (STEPS,), {"epsilon": 0.05}, ((6,),), 23
    yield "lpnorm-1", "LpNormalization", (IMAGE,), {"axis": 1, "p": 1}, (), 17
    yield "lpnorm-2-last", "LpNormalization", (STEPS,), {"axis": -1, "p": 2}, (), 17
    yield "meanvariancenorm", "MeanVarianceNormalization", (IMAGE,), {"axes": [2, 3]}, (), 13
    yield "lrn", "LRN", (IMAGE,), {"size": 3, "alpha": 0.5, "beta": 0.6, "bias": 1.5}, (), 17
    yield "lrn-even", "LRN", (IMAGE,), {"size": 2, "alpha": 0.5}, (), 17
    yield "softmax-11", "Softmax", (IMAGE,), {"axis": 1}, (), 11
    yield "softmax-11-axis-2", "Softmax", (IMAGE,), {"axis": 2}, (), 11
    yield "logsoftmax-11", "LogSoftmax", (STEPS,), {"axis": 1}, (), 11
    yield "softmax-13", "Softmax", (IMAGE,), {"axis": 1}, (), 13
    yield "softmax-13-axis-2", "Softmax", (IMAGE,), {"axis": 2}, (), 13
    yield "hardmax", "Hardmax", (STEPS,), {"axis": 1}, (), 13


def _activations() -> Iterator[Operator]:
    yield "hardsigmoid", "HardSigmoid", (IMAGE,), {}, (), 17
    yield "hardsigmoid-alpha", "HardSigmoid", (IMAGE,), {"alpha": 0.3, "beta": 0.4}, (), 17
    yield "hardswish", "HardSwish", (IMAGE,), {}, (), 17
    yield "elu-alpha", "Elu", (IMAGE,), {"alpha": 0.4}, (), 17
    yield "selu", "Selu", (IMAGE,), {}, (), 17
    yield "selu-other", "Selu", (IMAGE,), {"alpha": 1.2, "gamma": 0.8}, (), 17
    yield "celu", "Celu", (IMAGE,), {"alpha": 0.5}, (), 17
    yield "leaky", "LeakyRelu", (IMAGE,), {}, (), 17
    yield "leaky-alpha", "LeakyRelu", (IMAGE,), {"alpha": 0.3}, (), 17
    yield "thresholded", "ThresholdedRelu", (IMAGE,), {}, (), 17
    yield "thresholded-alpha", "ThresholdedRelu", (IMAGE,), {"alpha": 0.4}, (), 17
    yield "shrink", "Shrink", (IMAGE,), {}, (), 17
    yield "shrink-bias", "Shrink", (IMAGE,), {"lambd": 0.3, "bias": 0.2}, (), 17
    yield "softplus", "Softplus", (IMAGE,), {}, (), 17
    yield "softsign", "Softsign", (IMAGE,), {}, (), 17
    yield "mish", "Mish", (IMAGE,), {}, (), 18
    yield "gelu", "Gelu", (IMAGE,), {}, (), 20
    yield "gelu-tanh", "Gelu", (IMAGE,), {"approximate": "tanh"}, (), 20
    yield "prelu-channels", "PRelu", (IMAGE,), {}, ((4, 1, 1),), 17
    yield "prelu-last", "PRelu", (IMAGE,), {}, ((8,),), 17
    yield "prelu-one", "PRelu", (IMAGE,), {}, ((1,),), 17
    yield "clip-low", "Clip", (IMAGE,), {}, (np.float32(-0.3),), 17
    yield "clip-high", "Clip", (IMAGE,), {}, (None, np.float32(0.6)), 17
    yield "clip-6", "Clip", (IMAGE,), {"min": -0.5, "max": 0.9}, (), 6
    for op in ("Round", "Floor", "Ceil", "Sign", "Erf", "Sinh", "Cosh", "Asinh", "Reciprocal"):
        yield op.lower(), op, (VECTOR,), {}, (), 17
    yield "pow-negative", "Pow", (VECTOR,), {}, (np.float32(3.0),), 17
    yield "mod-float", "Mod", (normal(6), positive(6)), {"fmod": 1}, (), 17


def _selections() -> Iterator[Operator]:
    yield "gather-1", "Gather", (IMAGE,), {"axis": 1}, (np.array([2, 0]),), 17
    yield "gather-negative", "Gather", (IMAGE,), {"axis": 2}, (np.array([-1, -3]),), 17
    yield "gather-scalar", "Gather", (IMAGE,), {"axis": 3}, (np.array(2),), 17
    yield "gather-matrix", "Gather", (VECTOR,), {"axis": 1}, (np.array([[0, 1], [5, 2]]),), 17
    yield "gather-elements", "GatherElements", (VECTOR, whole(3, below=6)), {"axis": 1}, (), 17
    yield "gathernd-batch", "GatherND", (STEPS, whole(2, 1, below=5)), {"batch_dims": 1}, (), 17
    yield (
        "slice-steps",
        "Slice",
        (IMAGE,),
        {},
        (np.array([1, 0]), np.array([4, 8]), np.array([1, 3]), np.array([2, 3])),
        17,
    )
    yield (
        "slice-backwards",
        "Slice",
        (IMAGE,),
        {},
        (np.array([-1]), np.array([-100]), np.array([3]), np.array([-2])),
        17,
    )
    yield "slice-negative", "Slice", (IMAGE,), {}, (np.array([-4]), np.array([-1]), np.array([-1])), 17
    yield "split-first", "Split", (IMAGE,), {"axis": 2}, (np.array([9]),), 17
    yield "tile", "Tile", (IMAGE,), {}, (np.array([1, 2, 1, 3]),), 17
    yield "expand", "Expand", (normal(1, 8),), {}, (np.array([1, 5, 8]),), 17
    yield "flatten-2", "Flatten", (IMAGE,), {"axis": 2}, (), 17
    yield "flatten-3", "Flatten", (IMAGE,), {"axis": -1}, (), 17
    yield "reshape-zero", "Reshape", (IMAGE,), {}, (np.array([0, -1, 6]),), 17
    yield "transpose-nhwc", "Transpose", (IMAGE,), {"perm": [0, 2, 3, 1]}, (), 17
    yield "transpose-other", "Transpose", (IMAGE,), {"perm": [0, 3, 1, 2]}, (), 17
    yield "trilu", "Trilu", (normal(5, 6),), {"upper": 0}, (np.array(1),), 17
    yield "onehot-axis", "OneHot", (whole(4, below=6),), {"axis": 1}, (np.array(6), np.array([-1, 2], np.float32)), 17
    yield "onehot-last", "OneHot", (whole(4, below=6),), {}, (np.array([6]), np.array([0, 1], np.float32)), 17
    yield "cumsum-exclusive", "CumSum", (IMAGE,), {"exclusive": 1}, (np.array(1),), 17
    yield "cumsum-reverse", "CumSum", (IMAGE,), {"reverse": 1}, (np.array(2),), 17
    yield "cumsum-both", "CumSum", (STEPS,), {"reverse": 1, "exclusive": 1}, (np.array(1),), 17
    yield "topk-smallest", "TopK", (VECTOR,), {"largest": 0, "axis": 1}, (np.array([3]),), 17
    yield (
        "scatter-elements-add",
        "ScatterElements",
        (VECTOR, whole(3, below=6), normal(3)),
        {"axis": 1, "reduction": "add"},
        (),
        16,
    )
    yield (
        "reverse-sequence",
        "ReverseSequence",
        (STEPS,),
        {"batch_axis": 1, "time_axis": 2},
        (np.array([3, 1, 2, 6, 4]),),
        17,
    )
    yield "gemm-scaled", "Gemm", (VECTOR,), {"alpha": 0.5, "beta": 2.0, "transB": 1}, ((4, 6), (4,)), 17
    yield "gemm-plain", "Gemm", (VECTOR,), {}, ((6, 4), (1, 4)), 17
    yield "gemm-no-bias", "Gemm", (VECTOR,), {"alpha": 0.3}, ((6, 4),), 17
    yield "matmul-stack", "MatMul", (normal(2, 5, 6),), {}, ((2, 6, 3),), 17
    yield "matmul-vector", "MatMul", (STEPS,), {}, ((6,),), 17
    yield "einsum", "Einsum", (STEPS, normal(4, 6)), {"equation": "bij,bkj->bik"}, (), 17
    yield "einsum-diagonal", "Einsum", (normal(5, 5),), {"equation": "bii->bi"}, (), 17
    yield "add-broadcast", "Add", (IMAGE,), {}, ((4, 1, 1),), 17
    yield "mul-broadcast-last", "Mul", (IMAGE,), {}, ((8,),), 17
    yield "sub-left", "Sub", (IMAGE, normal(1, 9, 1)), {}, (), 17
    yield (
        "div-broadcast",
        "Div",
        (IMAGE,),
        {},
        (np.array([[2.0], [0.5], [3], [1], [4], [5], [6], [7], [8]], np.float32),),
        17,
    )
    yield "max-three", "Max", (VECTOR, normal(6)), {}, ((6,),), 17
    yield "mean-three", "Mean", (VECTOR, normal(6)), {}, ((6,),), 17
    yield "sum-three", "Sum", (VECTOR, normal(1)), {}, ((6,),), 17


def _reductions() -> Iterator[Operator]:
    for op in ("ReduceMean", "ReduceMax", "ReduceProd", "ReduceL1", "ReduceL2", "ReduceLogSum", "ReduceLogSumExp",
               "ReduceSumSquare", "ReduceMin"):  # fmt: skip
        taken = positive(4, 5, 6) if op == "ReduceLogSum" else normal(4, 5, 6)
        yield f"{op.lower()}-1", op, (taken,), {"axes": [1], "keepdims": 1}, (), 13
        yield f"{op.lower()}-last", op, (taken,), {"axes": [-1], "keepdims": 0}, (), 13
    yield "reducesum-axes", "ReduceSum", (IMAGE,), {"keepdims": 0}, (np.array([1, 3]),), 13
    yield "reducesum-nothing", "ReduceSum", (IMAGE,), {"noop_with_empty_axes": 1}, (np.zeros(0, np.int64),), 13
    yield "reducemean-spatial", "ReduceMean", (IMAGE,), {"axes": [2, 3], "keepdims": 0}, (), 13
    seven = {"-out": 7}
    yield "argmax-first", "ArgMax", (IMAGE,), {"axis": 1, "keepdims": 0, **seven}, (), 13
    yield "argmax-last-index", "ArgMax", (whole(8, below=3),), {"axis": 1, "select_last_index": 1, **seven}, (), 13
    yield "argmin-kept", "ArgMin", (IMAGE,), {"axis": 3, **seven}, (), 13


def _recurrent() -> Iterator[Operator]:
    steps = normal(5, 6)

    def weights(gates: int, ways: int = 1) -> tuple[Any, ...]:
        return (ways, gates * 4, 6), (ways, gates * 4, 4), (ways, gates * 8)

    both = {"hidden_size": 4, "direction": "bidirectional"}
    yield "gru-reset-before", "GRU", (steps,), {"hidden_size": 4}, weights(3), 14
    yield "gru-reset-after", "GRU", (steps,), {"hidden_size": 4, "linear_before_reset": 1}, weights(3), 14
    yield "gru-reverse", "GRU", (steps,), {"hidden_size": 4, "direction": "reverse"}, weights(3), 14
    yield "gru-both-ways", "GRU", (steps,), {**both, "linear_before_reset": 1}, weights(3, 2), 14
    yield "lstm", "LSTM", (steps,), {"hidden_size": 4}, weights(4), 14
    yield "lstm-no-bias", "LSTM", (steps,), {"hidden_size": 4}, weights(4)[:2], 14
    yield "lstm-reverse", "LSTM", (steps,), {"hidden_size": 4, "direction": "reverse"}, weights(4), 14
    yield "lstm-both-ways", "LSTM", (steps,), both, weights(4, 2), 14
    yield "lstm-peepholes", "LSTM", (steps,), {"hidden_size": 4}, (*weights(4), None, None, None, (1, 12)), 14
    yield "lstm-clip", "LSTM", (steps,), {"hidden_size": 4, "clip": 0.3}, weights(4), 14
    yield "rnn", "RNN", (steps,), {"hidden_size": 4}, weights(1), 14
    yield "rnn-relu", "RNN", (steps,), {"hidden_size": 4, "activations": ["Relu"]}, weights(1), 14


def _integers() -> Iterator[Operator]:
    left, right = signed(6, below=40), signed(6, below=9)
    seven = {"-out": 7}
    yield "int-div", "Div", (left, right), seven, (), 17
    yield "int-mod", "Mod", (left, right), seven, (), 17
    yield "int-fmod", "Mod", (left, right), {"fmod": 1, **seven}, (), 17
    yield "int-pow", "Pow", (left,), seven, (np.array(2),), 17
    yield "int-cast", "Cast", (normal(6),), {"to": 7, **seven}, (), 17
    yield "int-cast-float", "Cast", (left,), {"to": 1}, (), 17
    yield "int-neg", "Neg", (left,), seven, (), 17
    yield "int-sign", "Sign", (left,), seven, (), 17
    yield "int-max", "Max", (left, right), seven, (), 17
    yield "int-clip", "Clip", (left,), seven, (np.array(-5), np.array(9)), 17
    yield "int-reducesum", "ReduceSum", (left,), {"keepdims": 0, **seven}, (np.array([1]),), 17

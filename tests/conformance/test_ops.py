"""Every operator answers as ONNX Runtime does."""

import numpy as np
import pytest

from netmend.core.errors import NoErrorBound
from netmend.network.bounds import Enclosure, bounds
from netmend.network.evaluate import as_tensor, run
from netmend.network.graph import Graph, Node, Signature
from netmend.network.ops._base import operators
from netmend.network.tensors import torch

onnx = pytest.importorskip("onnx")
onnxruntime = pytest.importorskip("onnxruntime")

NEWEST = 18


def floats(*shape, low=-2.0, high=2.0):
    """Numbers that are the same in every run, for each shape."""
    return np.random.default_rng([7, *shape]).uniform(low, high, shape).astype(np.float32)


def ints(*values):
    return np.array(values, np.int64)


IMAGE = floats(2, 3, 7, 6)
ROWS = floats(3, 5)
WIDE = floats(3, 5, low=-30, high=30)
PLUS = floats(3, 5, low=0.1, high=4)
SEQUENCE = floats(5, 2, 4)
CODES = np.random.default_rng(8).integers(0, 256, (8, 6)).astype(np.uint8)
ODD = {"kernel_shape": [3, 2], "strides": [2, 1], "dilations": [1, 2], "pads": [1, 0, 2, 1]}

# (operator, inputs, attributes, version): None stands for an input that is left out.
CASES = [
    ("Gemm", [ROWS, floats(4, 5), floats(4)], {"transB": 1}),
    ("Gemm", [ROWS, floats(3, 4), floats(1, 4)], {"transA": 1, "alpha": 0.5, "beta": 2.0}),
    ("Gemm", [ROWS, floats(5, 4)], {}),
    ("MatMul", [floats(2, 3, 5), floats(5, 4)], {}),
    ("MatMul", [floats(2, 1, 3, 5), floats(4, 5, 2)], {}),
    ("MatMul", [floats(5), floats(5, 2)], {}),
    ("Einsum", [floats(2, 3, 4), floats(2, 5, 4)], {"equation": "bid,bjd->bij"}),
    ("Conv", [IMAGE, floats(4, 3, 3, 2), floats(4)], ODD),
    ("Conv", [IMAGE, floats(6, 1, 3, 3)], {"group": 3, "pads": [1, 1, 1, 1]}),
    ("Conv", [IMAGE, floats(4, 3, 2, 3)], {"auto_pad": "SAME_UPPER", "strides": [2, 2]}),
    ("Conv", [IMAGE, floats(4, 3, 2, 3)], {"auto_pad": "SAME_LOWER", "strides": [2, 2]}),
    ("Conv", [IMAGE, floats(4, 3, 2, 3)], {"auto_pad": "VALID"}),
    ("Conv", [floats(2, 3, 9), floats(4, 3, 4), floats(4)], {"pads": [2, 1], "strides": [2]}),
    ("Conv", [floats(1, 2, 4, 5, 3), floats(3, 2, 2, 2, 2)], {}),
    ("Add", [ROWS, floats(5)], {}),
    ("Sub", [ROWS, floats(3, 1)], {}),
    ("Mul", [ROWS, floats(1, 5)], {}),
    ("Div", [ROWS, PLUS], {}),
    ("Div", [ints(7, -7, 9), ints(2, 2, -4)], {}),
    ("Mod", [ints(7, -7, 9), ints(2, 3, -4)], {}),
    ("Mod", [ROWS, PLUS], {"fmod": 1}),
    ("Pow", [PLUS, floats(5)], {}),
    ("Pow", [ROWS, np.float32(3)], {}),
    ("Pow", [ROWS, np.int64(2)], {}),
    ("Sqrt", [PLUS], {}),
    ("Reciprocal", [PLUS], {}),
    ("Neg", [ROWS], {}),
    ("Abs", [ROWS], {}),
    ("Exp", [WIDE / 10], {}),
    ("Log", [PLUS], {}),
    ("Erf", [ROWS], {}),
    ("Sin", [WIDE], {}),
    ("Cos", [WIDE], {}),
    ("Floor", [WIDE], {}),
    ("Ceil", [WIDE], {}),
    ("Round", [np.array([0.5, 1.5, -0.5, 2.4, -2.6], np.float32)], {}),
    ("Sign", [np.array([0, -3, 2], np.float32)], {}),
    ("Sum", [ROWS, floats(5), PLUS], {}),
    *[(name, [ROWS], {}) for name in ("Tan", "Atan", "Sinh", "Cosh", "Asinh")],
    *[(name, [ROWS / 2.1], {}) for name in ("Asin", "Acos", "Atanh")],
    ("Acosh", [1 + PLUS], {}),
    ("BitShift", [np.array([7, 40, 3], np.uint64), np.array([1, 3, 2], np.uint64)], {"direction": "RIGHT"}),
    ("BitShift", [np.array([7, 40, 3], np.uint64), np.array([1, 3, 2], np.uint64)], {"direction": "LEFT"}),
    *[(name, [ints(7, -40, 3), ints(1, 3, -2)], {}, 18) for name in ("BitwiseAnd", "BitwiseOr", "BitwiseXor")],
    ("BitwiseNot", [ints(7, -40, 3)], {}, 18),
    ("BitShift", [np.array([2**64 - 7, 40], np.uint64), np.array([1, 0], np.uint64)], {"direction": "RIGHT"}),
    ("TopK", [ROWS, ints(3)], {"axis": 1}),
    ("TopK", [ROWS, ints(2)], {"axis": 0, "largest": 0}),
    ("ScatterElements", [ROWS, ints(0, 4, -2).reshape(3, 1), floats(3, 1)], {"axis": 1}),
    ("ScatterElements", [ROWS, ints(0, 0, 2).reshape(1, 3), floats(1, 3)], {"reduction": "add"}, 18),
    ("Scatter", [ROWS, ints(0, 4, 2).reshape(3, 1), floats(3, 1)], {"axis": 1}, 9),
    ("AveragePool", [IMAGE], {"kernel_shape": [2, 2], "dilations": [2, 2]}, 19),
    ("LpPool", [IMAGE], {"kernel_shape": [2, 3], "strides": [2, 1], "pads": [1, 0, 0, 1], "p": 3}),
    ("GlobalLpPool", [IMAGE], {"p": 3}),
    ("Max", [ROWS, floats(5), PLUS], {}),
    ("Min", [ROWS, floats(5), PLUS], {}),
    ("Relu", [ROWS], {}),
    ("LeakyRelu", [ROWS], {"alpha": 0.3}),
    ("LeakyRelu", [ROWS], {}),
    ("PRelu", [ROWS, floats(5)], {}),
    ("Elu", [ROWS], {"alpha": 0.5}),
    ("Celu", [ROWS], {"alpha": 0.5}),
    ("Selu", [ROWS], {}),
    ("ThresholdedRelu", [ROWS], {"alpha": 0.5}),
    ("Sigmoid", [WIDE], {}),
    ("HardSigmoid", [WIDE], {}),
    ("HardSigmoid", [WIDE], {"alpha": 1 / 6, "beta": 0.4}),
    ("HardSwish", [WIDE], {}),
    ("Tanh", [ROWS], {}),
    ("Softplus", [WIDE], {}),
    ("Softsign", [WIDE], {}),
    ("Mish", [ROWS], {}),
    ("Gelu", [ROWS], {}, 20),
    ("Gelu", [ROWS], {"approximate": "tanh"}, 20),
    ("Clip", [ROWS, np.float32(-1), np.float32(1.5)], {}),
    ("Clip", [ROWS, None, np.float32(0.5)], {}),
    ("Clip", [ROWS], {"min": -1.0, "max": 0.5}, 10),
    ("Reshape", [IMAGE, ints(0, -1, 6)], {}),
    ("Flatten", [IMAGE], {}),
    ("Flatten", [IMAGE], {"axis": 2}),
    ("Flatten", [IMAGE], {"axis": 0}),
    ("Flatten", [IMAGE], {"axis": -1}),
    ("Squeeze", [floats(1, 3, 1, 2)], {}),
    ("Squeeze", [floats(1, 3, 1, 2), ints(-2)], {}),
    ("Squeeze", [floats(1, 3, 1, 2)], {"axes": [0]}, 11),
    ("Unsqueeze", [ROWS, ints(0, -1)], {}),
    ("Unsqueeze", [ROWS], {"axes": [1]}, 11),
    ("Transpose", [IMAGE], {"perm": [0, 2, 3, 1]}),
    ("Transpose", [IMAGE], {}),
    ("Expand", [floats(3, 1), ints(2, 1, 4)], {}),
    ("Expand", [ROWS, ints(1, 5)], {}),
    ("Identity", [ROWS], {}),
    ("Dropout", [ROWS], {}),
    ("Dropout", [ROWS], {"ratio": 0.3}, 11),
    ("Cast", [WIDE], {"to": 7}),
    ("Cast", [np.array([0, 2], np.int64)], {"to": 9}),
    ("Cast", [np.array([0, 2], np.int64)], {"to": 1}),
    ("Cast", [np.array([True, False])], {"to": 1}),
    ("CastLike", [np.array([0, 2], np.int64), ROWS], {}),
    ("Shape", [IMAGE], {}),
    ("Shape", [IMAGE], {"start": 1, "end": -1}),
    ("Size", [IMAGE], {}),
    ("MaxPool", [IMAGE], {"kernel_shape": [3, 2], "strides": [2, 2]}),
    ("MaxPool", [IMAGE], {"kernel_shape": [3, 3], "strides": [2, 2], "ceil_mode": 1}),
    ("MaxPool", [IMAGE], {"kernel_shape": [2, 3], "strides": [3, 3], "ceil_mode": 1, "pads": [1, 1, 1, 1]}),
    ("MaxPool", [IMAGE], {"kernel_shape": [2, 2], "dilations": [2, 3], "pads": [1, 0, 0, 1]}),
    ("MaxPool", [IMAGE], {"kernel_shape": [2, 2], "strides": [2, 2], "auto_pad": "SAME_UPPER"}),
    ("MaxPool", [floats(2, 3, 9)], {"kernel_shape": [3], "strides": [2]}),
    ("AveragePool", [IMAGE], {"kernel_shape": [3, 2], "strides": [2, 2]}),
    ("AveragePool", [IMAGE], {"kernel_shape": [3, 3], "pads": [1, 1, 1, 1]}),
    ("AveragePool", [IMAGE], {"kernel_shape": [3, 3], "pads": [1, 1, 1, 1], "count_include_pad": 1}),
    ("AveragePool", [IMAGE], {"kernel_shape": [2, 2], "strides": [2, 2], "ceil_mode": 1}, 19),
    ("AveragePool", [floats(2, 3, 9)], {"kernel_shape": [3], "strides": [2]}),
    ("GlobalAveragePool", [IMAGE], {}),
    ("GlobalMaxPool", [IMAGE], {}),
    ("BatchNormalization", [IMAGE, floats(3), floats(3), floats(3), floats(3, low=0.1, high=2)], {"epsilon": 1e-3}),
    ("LayerNormalization", [floats(2, 4, 6), floats(6), floats(6)], {}),
    ("LayerNormalization", [floats(2, 4, 6), floats(4, 6)], {"axis": 1, "epsilon": 1e-12}),
    ("InstanceNormalization", [IMAGE, floats(3), floats(3)], {}),
    ("GroupNormalization", [floats(2, 4, 3, 3), floats(2), floats(2)], {"num_groups": 2}),
    ("GroupNormalization", [floats(2, 4, 3, 3), floats(4), floats(4)], {"num_groups": 2}, 21),
    ("RMSNormalization", [floats(2, 4, 6), floats(6)], {}, 23),
    ("Softmax", [WIDE], {}),
    ("Softmax", [floats(2, 3, 4)], {"axis": 1}),
    ("Softmax", [floats(2, 3, 4)], {}, 11),
    ("Softmax", [np.where(ROWS > 1, np.finfo(np.float32).min, ROWS)], {}),
    ("LogSoftmax", [WIDE], {}),
    ("ReduceMean", [IMAGE], {"axes": [2, 3]}, 13),
    ("ReduceMean", [IMAGE, ints(-1)], {"keepdims": 0}, 18),
    ("ReduceMean", [ROWS], {}),
    ("ReduceMean", [ROWS], {"noop_with_empty_axes": 1}),
    ("ReduceSum", [ROWS, ints(1)], {}),
    ("ReduceMax", [IMAGE], {"axes": [1]}, 13),
    ("ReduceMin", [IMAGE], {"axes": [1]}, 13),
    ("ReduceL1", [ROWS], {"axes": [1]}, 13),
    ("ReduceL2", [ROWS], {"axes": [1]}, 13),
    ("ReduceSumSquare", [ROWS], {"axes": [1]}, 13),
    ("ReduceProd", [ROWS], {"axes": [0, 1], "keepdims": 0}, 13),
    ("ReduceLogSumExp", [ROWS], {"axes": [1]}, 13),
    ("ArgMax", [ROWS], {"axis": 1}),
    ("ArgMin", [ROWS], {"axis": -1, "keepdims": 0}),
    ("CumSum", [ROWS, np.int64(1)], {}),
    ("Concat", [ROWS, floats(2, 5)], {"axis": 0}),
    ("Split", [ROWS, ints(2, 3)], {"axis": 1}),
    ("Split", [ROWS], {"axis": 1, "num_outputs": 3}),
    ("Split", [floats(4, 6)], {"axis": 1, "split": [2, 4]}, 11),
    ("Slice", [IMAGE, ints(1, -2), ints(9, -1), ints(2, 3)], {}),
    ("Slice", [IMAGE, ints(-1), ints(-99), ints(2), ints(-2)], {}),
    ("Slice", [IMAGE, ints(0), ints(7), ints(2), ints(2)], {}),
    ("Slice", [IMAGE, ints(-1), ints(-8), ints(2), ints(-1)], {}),
    ("Slice", [IMAGE], {"starts": [1], "ends": [2], "axes": [1]}, 9),
    ("Gather", [ROWS, np.array([[0, -1], [2, 1]], np.int64)], {"axis": 1}),
    ("Gather", [ROWS, np.int64(1)], {}),
    ("GatherElements", [ROWS, np.array([[0, -1], [2, 1], [0, 0]], np.int64)], {"axis": 1}),
    ("GatherND", [ROWS, np.array([[0, 1], [2, -1]], np.int64)], {}),
    ("ScatterND", [ROWS, np.array([[0], [2]], np.int64), floats(2, 5)], {}),
    ("Pad", [ROWS, ints(1, 0, 2, 3)], {}),
    ("Pad", [ROWS, ints(1, -1, 0, 2), np.float32(1.5)], {}),
    ("Pad", [ROWS, ints(1, 2, 2, 3)], {"mode": "reflect"}),
    ("Pad", [ROWS, ints(1, 2, 2, 3)], {"mode": "edge"}),
    ("Pad", [ROWS, ints(1, 2, 2, 3)], {"mode": "wrap"}, 19),
    ("Pad", [ROWS, ints(0, 4, 0, 9)], {"mode": "wrap"}, 19),
    ("Pad", [ROWS, ints(1, 2), None, ints(1)], {}),
    ("Pad", [ROWS], {"pads": [0, 1, 0, 1], "value": 2.0}, 10),
    ("Tile", [ROWS, ints(2, 3)], {}),
    ("DepthToSpace", [floats(2, 8, 2, 3)], {"blocksize": 2}),
    ("DepthToSpace", [floats(2, 8, 2, 3)], {"blocksize": 2, "mode": "CRD"}),
    ("SpaceToDepth", [floats(2, 3, 4, 6)], {"blocksize": 2}),
    ("Trilu", [floats(2, 4, 4)], {"upper": 0}),
    ("Trilu", [floats(2, 4, 4), np.int64(1)], {}),
    ("Where", [ROWS > 0, ROWS, floats(5)], {}),
    ("Equal", [ints(1, 2, 3), ints(1, 0, 3)], {}),
    ("Greater", [ROWS, floats(5)], {}),
    ("GreaterOrEqual", [ints(1, 2, 3), ints(1, 0, 4)], {}),
    ("Less", [ROWS, floats(5)], {}),
    ("LessOrEqual", [ints(1, 2, 3), ints(1, 0, 4)], {}),
    ("And", [ROWS > 0, ROWS < 1], {}),
    ("Or", [ROWS > 0, ROWS < 1], {}),
    ("Xor", [ROWS > 0, ROWS < 1], {}),
    ("Not", [ROWS > 0], {}),
    ("IsNaN", [np.array([1, np.nan], np.float32)], {}),
    ("IsInf", [np.array([1, np.inf, -np.inf], np.float32)], {}),
    ("ConstantOfShape", [ints(2, 3)], {}),
    ("ConstantOfShape", [ints(2)], {"value": np.array([7], np.int64)}),
    ("ConstantOfShape", [ints(2)], {"value": np.array([0.5], np.float32)}),
    ("Range", [np.int64(2), np.int64(9), np.int64(3)], {}),
    ("Range", [np.float32(0), np.float32(2), np.float32(0.5)], {}),
    ("Resize", [IMAGE, None, np.array([1, 1, 2, 1.5], np.float32)], {}),
    ("Resize", [IMAGE, None, None, ints(2, 3, 5, 9)], {"mode": "linear"}),
    (
        "Resize",
        [IMAGE, None, None, ints(2, 3, 14, 4)],
        {"mode": "linear", "coordinate_transformation_mode": "align_corners"},
    ),
    (
        "Resize",
        [IMAGE, None, np.array([1, 1, 3, 0.5], np.float32)],
        {"coordinate_transformation_mode": "asymmetric", "nearest_mode": "floor"},
    ),
    ("Resize", [IMAGE, np.array([1, 1, 2, 2], np.float32)], {}, 10),
    ("GridSample", [IMAGE, floats(2, 4, 5, 2, low=-1.3, high=1.3)], {}),
    ("GridSample", [IMAGE, floats(2, 4, 5, 2, low=-1.3, high=1.3)], {"mode": "nearest", "padding_mode": "border"}),
    ("GridSample", [IMAGE, floats(2, 4, 5, 2)], {"mode": "bicubic", "padding_mode": "reflection", "align_corners": 1}),
    ("GridSample", [floats(2, 3, 4, 5, 3), floats(2, 2, 4, 5, 3)], {"mode": "linear", "align_corners": 1}, 20),
    ("Upsample", [IMAGE, np.array([1, 1, 2, 3], np.float32)], {"mode": "linear"}, 9),
    ("Resize", [IMAGE, None, None, ints(2, 3, 12, 4)], {"mode": "cubic"}),
    ("Resize", [IMAGE, None, None, ints(2, 3, 9, 11)], {"mode": "cubic", "cubic_coeff_a": -0.5}),
    ("ConvTranspose", [IMAGE, floats(3, 4, 3, 2), floats(4)], {"strides": [2, 1], "pads": [1, 0, 0, 1]}),
    ("ConvTranspose", [IMAGE, floats(3, 2, 3, 3)], {"group": 3, "strides": [2, 2], "output_padding": [1, 0]}),
    ("ConvTranspose", [IMAGE, floats(3, 2, 3, 3)], {"auto_pad": "SAME_UPPER", "strides": [2, 2]}),
    ("ConvTranspose", [floats(2, 3, 9), floats(3, 2, 4)], {"dilations": [2], "strides": [3]}),
    ("RNN", [SEQUENCE, floats(1, 3, 4), floats(1, 3, 3), floats(1, 6)], {"hidden_size": 3}),
    ("GRU", [SEQUENCE, floats(1, 9, 4), floats(1, 9, 3), floats(1, 18)], {"hidden_size": 3}),
    ("GRU", [SEQUENCE, floats(1, 9, 4), floats(1, 9, 3), floats(1, 18)], {"hidden_size": 3, "linear_before_reset": 1}),
    ("LSTM", [SEQUENCE, floats(1, 12, 4), floats(1, 12, 3)], {"hidden_size": 3, "direction": "reverse"}),
    (
        "LSTM",
        [SEQUENCE, floats(2, 12, 4), floats(2, 12, 3), floats(2, 24), None, floats(2, 2, 3), floats(2, 2, 3)],
        {"hidden_size": 3, "direction": "bidirectional"},
    ),
    ("QuantizeLinear", [WIDE, np.float32(0.25), np.uint8(128)], {}),
    ("QuantizeLinear", [IMAGE, floats(3, low=0.01, high=0.02), np.zeros(3, np.int8)], {"axis": 1}),
    (
        "DequantizeLinear",
        [np.arange(-6, 6).reshape(3, 4).astype(np.int8), floats(3), ints(1, 0, 2).astype(np.int8)],
        {"axis": 0},
    ),
    ("DequantizeLinear", [np.arange(12).reshape(3, 4).astype(np.uint8), np.float32(0.5)], {}),
    (
        "DequantizeLinear",
        [np.arange(12).reshape(6, 2).astype(np.uint8), floats(2, 2), ints(3, 5, 2, 4).reshape(2, 2).astype(np.uint8)],
        {"axis": 0, "block_size": 3},
        21,
    ),
    ("DynamicQuantizeLinear", [floats(3, 4, low=0.5, high=2.0)], {}),
    ("DynamicQuantizeLinear", [floats(3, 4, low=-3.0, high=-1.0)], {}),
    ("DynamicQuantizeLinear", [WIDE], {}),
    ("MatMulInteger", [CODES, CODES[:6, :4].astype(np.int8), np.uint8(7), ints(1, 0, 2, 3).astype(np.int8)], {}),
    (
        "ConvInteger",
        [CODES.reshape(1, 2, 4, 6), CODES.reshape(4, 2, 3, 2), np.uint8(9), np.uint8(3)],
        {"pads": [1, 0, 2, 1], "strides": [2, 1]},
    ),
]


def written(case):
    op, inputs, attributes, *version = case
    return f"{op}-{'x'.join(str(np.shape(each)) for each in inputs if each is not None)}-{attributes}{version or ''}"


def feeds(case):
    """Names as the node has them, "" where an input is left out, and the arrays by name."""
    names = ["" if each is None else f"x{place}" for place, each in enumerate(case[1])]
    return names, {name: np.asarray(each) for name, each in zip(names, case[1], strict=True) if name}


def outputs_of(case):
    return tuple(f"y{place}" for place in range(OUTPUTS.get(case[0], lambda case: 1)(case)))


def stored(attribute):
    return onnx.numpy_helper.from_array(attribute) if isinstance(attribute, np.ndarray) else attribute


def theirs(case):
    """The outputs of a network of this one node, by ONNX Runtime."""
    helper, (op, _, attributes, *version) = onnx.helper, case
    names, arrays = feeds(case)
    kinds = {name: helper.np_dtype_to_tensor_dtype(each.dtype) for name, each in arrays.items()}
    graph = helper.make_graph(
        [helper.make_node(op, names, outputs_of(case), **{name: stored(each) for name, each in attributes.items()})],
        "one node",
        [helper.make_tensor_value_info(name, kind, None) for name, kind in kinds.items()],
        [onnx.ValueInfoProto(name=name) for name in outputs_of(case)],
    )
    opset = (version or [NEWEST])[0]
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=8)
    session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    return session.run(outputs_of(case), arrays)


def graph_of(case):
    op, _, attributes, *version = case
    names, arrays = feeds(case)
    return Graph(
        (Node(op, op, tuple(names), outputs_of(case), attributes),),
        {},
        tuple(Signature(name, each.shape, each.dtype.name) for name, each in arrays.items()),
        tuple(Signature(name, (), "float32") for name in outputs_of(case)),
        (version or [NEWEST])[0],
    )


# How many outputs an operator has where that is not one.
OUTPUTS = {
    "Split": lambda case: case[2].get("num_outputs", 2),
    "RNN": lambda case: 2,
    "GRU": lambda case: 2,
    "LSTM": lambda case: 3,
    "TopK": lambda case: 2,
    "DynamicQuantizeLinear": lambda case: 3,
}


@pytest.mark.parametrize("case", CASES, ids=written)
def test_an_operator_answers_as_onnx_runtime_does(case):
    answers = run(graph_of(case), feeds(case)[1], dtype=torch.float32)
    for expected, answer in zip(theirs(case), answers.values(), strict=True):
        assert answer.shape == expected.shape
        assert answer.dtype.kind == expected.dtype.kind
        np.testing.assert_allclose(answer, expected, rtol=2e-6, atol=2e-6)


# Where rounding errors cannot be bounded, on purpose: jumps, or places that every runtime rounds in its own way. Whole
# numbers alone have none.
UNBOUNDED = {
    "Mod", "ThresholdedRelu", "Selu", "ReduceProd", "ReduceLogSumExp", "IsInf", "TopK", "ScatterElements", "Scatter",
    "LpPool", "GlobalLpPool", "Tan", "Asin", "Acos", "Atan", "Sinh", "Cosh", "Asinh", "Acosh", "Atanh",
    "RNN", "GRU", "LSTM", "ConvTranspose", "QuantizeLinear", "DequantizeLinear", "GridSample",
    "DynamicQuantizeLinear",
}  # fmt: skip


@pytest.mark.parametrize("case", CASES, ids=written)
def test_the_error_bound_covers_what_onnx_runtime_makes_of_an_operator(case):
    if (
        (case[0] in UNBOUNDED and any(each.dtype.kind == "f" for each in feeds(case)[1].values()))
        or case[2].get("mode") in ("linear", "cubic")
        or (case[0] == "Range" and case[1][0].dtype.kind == "f")
    ):
        with pytest.raises(NoErrorBound, match=case[0]):
            bounds(graph_of(case), feeds(case)[1], precision="float32")
        return
    found = bounds(graph_of(case), feeds(case)[1], precision="float32")
    for expected, enclosure in zip(theirs(case), found.values(), strict=True):
        value = enclosure.value.numpy()
        error = 0.0 if enclosure.error is None else enclosure.error.numpy()
        assert (np.abs(expected.astype(np.float64) - value) <= error).all()
        assert np.max(error, initial=0) <= 1e-4 * max(1, np.abs(value).max())


@pytest.mark.parametrize("case", CASES, ids=written)
def test_the_error_bound_covers_what_errors_of_the_inputs_do(case):
    """Inputs anywhere within their errors, in 20 random and two extreme ways, give outputs within theirs."""
    graph, arrays = graph_of(case), feeds(case)[1]
    random = np.random.default_rng(5)
    uncertain = {
        name: Enclosure(as_tensor(each).double(), torch.full(each.shape, 1e-3).double())
        for name, each in arrays.items()
        if each.dtype == np.float32 and not SETTLED.get(case[0], set()) & {name}
    }
    try:
        found = bounds(graph, {**arrays, **uncertain})
    except NoErrorBound:
        return
    exact = run(graph, arrays)
    everywhere = [random.uniform(-1e-3, 1e-3, (20, *each.value.shape)) for each in uncertain.values()]
    for trial in range(22):
        moved = {
            name: each.value.numpy() + (everywhere[place][trial] if trial < 20 else 2e-3 * trial - 0.041)
            for place, (name, each) in enumerate(uncertain.items())
        }
        for name, answer in run(graph, {**arrays, **moved}).items():
            if found[name].error is None:
                assert np.array_equal(answer, exact[name])
            else:
                assert (np.abs(answer - exact[name]) <= found[name].error.numpy()).all()


# Inputs that are settings, or that networks store exactly.
SETTLED = {"Pow": {"x1"}, "BatchNormalization": {"x1", "x2", "x3", "x4"}, "Resize": {"x1", "x2"}, "Upsample": {"x1"}}


def test_every_operator_is_compared():
    # Swish has no counterpart in this version of ONNX Runtime. Attention is of a later opset, the others have no error
    # bounds: they are compared in tests/network/ops/test_against_onnxruntime.py.
    standard = {name for name in operators() if not name.startswith("tflite:")}
    assert standard - {case[0] for case in CASES} == {"Attention", "Swish", "LpNormalization", "OneHot", "Shrink"}

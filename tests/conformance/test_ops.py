"""Every operator answers as ONNX Runtime does."""

import numpy as np
import pytest

from netmend.network.evaluate import run
from netmend.network.graph import Graph, Node, Signature
from netmend.network.ops._base import operators

onnx = pytest.importorskip("onnx")
onnxruntime = pytest.importorskip("onnxruntime")
torch = pytest.importorskip("torch")
pytestmark = pytest.mark.torch

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
    ("CastLike", [np.array([0, 2], np.int64), ROWS], {}),
    ("Shape", [IMAGE], {}),
    ("Shape", [IMAGE], {"start": 1, "end": -1}),
    ("Size", [IMAGE], {}),
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


def theirs(case):
    """The outputs of a network of this one node, by ONNX Runtime."""
    helper, (op, _, attributes, *version) = onnx.helper, case
    names, arrays = feeds(case)
    kinds = {name: helper.np_dtype_to_tensor_dtype(each.dtype) for name, each in arrays.items()}
    graph = helper.make_graph(
        [helper.make_node(op, names, outputs_of(case), **attributes)],
        "one node",
        [helper.make_tensor_value_info(name, kind, None) for name, kind in kinds.items()],
        [onnx.ValueInfoProto(name=name) for name in outputs_of(case)],
    )
    opset = (version or [NEWEST])[0]
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=8)
    session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    return session.run(outputs_of(case), arrays)


def ours(case, dtype):
    op, _, attributes, *version = case
    names, arrays = feeds(case)
    graph = Graph(
        (Node(op, op, tuple(names), outputs_of(case), attributes),),
        {},
        tuple(Signature(name, each.shape, each.dtype.name) for name, each in arrays.items()),
        tuple(Signature(name, (), "float32") for name in outputs_of(case)),
        (version or [NEWEST])[0],
    )
    return run(graph, arrays, dtype=dtype).values()


# How many outputs an operator has where that is not one.
OUTPUTS = {}


@pytest.mark.parametrize("case", CASES, ids=written)
def test_an_operator_answers_as_onnx_runtime_does(case):
    for expected, answer in zip(theirs(case), ours(case, torch.float32), strict=True):
        assert answer.shape == expected.shape
        assert answer.dtype.kind == expected.dtype.kind
        np.testing.assert_allclose(answer, expected, rtol=2e-6, atol=2e-6)


def test_every_operator_is_compared():
    # The two have no counterpart in this version of ONNX Runtime.
    assert operators().keys() - {case[0] for case in CASES} == {"Swish"}

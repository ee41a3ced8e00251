"""Operators said in another version of ONNX answer the same in ONNX Runtime."""

import numpy as np
import pytest

from netmend.network.graph import Graph, Node
from netmend.network.load import load
from netmend.repairs.conversion.faults._versions import said

onnx = pytest.importorskip("onnx")
pytest.importorskip("onnxruntime")

from onnx import TensorProto, helper  # noqa: E402

X = np.random.default_rng(0).normal(size=(2, 3, 4)).astype(np.float32)
AXES = np.array([1])
SCALES = np.array([1, 2, 2], np.float32)
PLACES = np.random.default_rng(1).integers(-4, 4, (2, 3, 5))
NUMBERS = np.random.default_rng(2).normal(size=(2, 3, 5)).astype(np.float32)
# Name: version and operator as it stands, with its constants; a version in which it is said otherwise.
CASES = {
    "axes of a sum become an attribute": (13, "ReduceSum", {"axes": AXES}, {"keepdims": 0}, 11),
    "axes of a mean become an attribute": (18, "ReduceMean", {"axes": AXES}, {}, 13),
    "axes of a mean become an input": (13, "ReduceMean", {}, {"axes": [1]}, 18),
    "bounds become attributes": (11, "Clip", {"low": np.float32(-1), "high": np.float32(0.5)}, {}, 9),
    "bounds become inputs": (9, "Clip", {}, {"min": -1.0, "max": 0.5}, 13),
    "margins become attributes": (13, "Pad", {"pads": np.array([0, 1, 0, 0, 0, 2])}, {}, 9),
    "a new axis becomes an attribute": (13, "Unsqueeze", {"axes": AXES}, {}, 11),
    "softmax over an inner axis": (13, "Softmax", {}, {"axis": 1}, 9),
    "softmax over the last axis": (9, "Softmax", {}, {"axis": 2}, 13),
    "softmax over all inner axes": (9, "Softmax", {}, {"axis": 1}, 13),
    "what an old version does not say and need not": (
        18,
        "Resize",
        {"roi": np.zeros(0, np.float32), "scales": SCALES},
        {"antialias": 0, "mode": "linear"},
        13,
    ),
    "sums of scattered numbers": (
        18,
        "ScatterElements",
        {"places": PLACES, "numbers": NUMBERS},
        {"axis": 2, "reduction": "add"},
        11,
    ),
    "sums of scattered numbers in version 9": (
        16,
        "ScatterElements",
        {"places": PLACES % 4, "numbers": NUMBERS},
        {"axis": -1, "reduction": "add"},
        9,
    ),
}


def answer(folder, nodes, constants, version):
    graph = helper.make_graph(
        [helper.make_node(each.op, each.inputs, each.outputs, **each.attributes) for each in nodes],
        "network",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, X.shape)],
        [helper.make_value_info("y", helper.make_tensor_type_proto(TensorProto.FLOAT, None))],
        [onnx.numpy_helper.from_array(np.asarray(value), name) for name, value in constants.items()],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", version)], ir_version=8)
    path = folder / f"{version}.onnx"
    path.write_bytes(model.SerializeToString())
    return load(path).run(X)


@pytest.mark.parametrize("name", CASES)
def test_it_answers_the_same(tmp_path, name):
    before, op, constants, attributes, after = CASES[name]
    node = Node("it", op, ("x", *constants), ("y",), attributes)
    stretch = said((node,), graph_of(node, constants, before), after, {"x": X}.get)
    found = answer(tmp_path, stretch.nodes, stretch.constants, after)
    np.testing.assert_allclose(found, answer(tmp_path, (node,), constants, before), rtol=0, atol=1e-6)


def test_a_remainder_of_whole_numbers_has_the_sign_of_the_divisor_before_there_was_an_operator_for_it():
    from netmend.repairs.conversion.faults._base import evaluated

    left, right = (each.ravel() for each in np.meshgrid(np.arange(-9, 10), [-4, -3, -1, 1, 2, 5]))
    node = Node("it", "Mod", ("a", "b"), ("y",), {})
    stretch = said((node,), graph_of(node, {}, 13), 9)
    assert {each.op for each in stretch.nodes} == {"Div", "Mul", "Sub", "Less", "Cast", "Add"}
    found = evaluated(Graph(stretch.nodes, stretch.constants, (), (), 9), {"a": left, "b": right}, ["y"])["y"]
    np.testing.assert_array_equal(found, left % right)


def graph_of(node, constants, version):
    return Graph((node,), constants, (), (), version)


def test_what_a_version_cannot_say_is_none():
    later = Node("it", "Gelu", ("x",), ("y",), {})
    assert said((later,), graph_of(later, {}, 20), 13) is None
    computed = Node("it", "ReduceSum", ("x", "axes"), ("y",), {})
    assert said((computed,), graph_of(computed, {}, 13), 11) is None

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
    stretch = said((node,), graph_of(node, constants, before), after, lambda tensor: X.ndim)
    found = answer(tmp_path, stretch.nodes, stretch.constants, after)
    np.testing.assert_array_equal(found, answer(tmp_path, (node,), constants, before))


def graph_of(node, constants, version):
    return Graph((node,), constants, (), (), version)


def test_what_a_version_cannot_say_is_none():
    later = Node("it", "Gelu", ("x",), ("y",), {})
    assert said((later,), graph_of(later, {}, 20), 13) is None
    computed = Node("it", "ReduceSum", ("x", "axes"), ("y",), {})
    assert said((computed,), graph_of(computed, {}, 13), 11) is None

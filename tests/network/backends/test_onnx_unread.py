"""First outputs that are left out, against ONNX Runtime: evaluated, and edited like any other node."""

import numpy as np
import pytest

from netmend.core.errors import BrokenFile
from netmend.network.edits import SetConstant
from netmend.network.evaluate import run
from netmend.network.load import load

onnx = pytest.importorskip("onnx")
pytest.importorskip("onnxruntime")

node = onnx.helper.make_node


@pytest.fixture
def path(tmp_path):
    """A recurrent layer of which the last state alone is read, once more where its name is taken."""
    chance = np.random.default_rng(0)
    shapes = {"w": (1, 9, 4), "r": (1, 9, 3)}
    held = [onnx.numpy_helper.from_array(chance.normal(size=each).astype(np.float32), k) for k, each in shapes.items()]
    nodes = [node("GRU", ["x", "w", "r"], ["", "h"], "g", hidden_size=3), node("Neg", ["h"], ["GRU unread"])]
    nodes += [node("GRU", ["x", "w", "r"], ["", "i"], hidden_size=3), node("Add", ["i", "GRU unread"], ["y"])]
    ends = (onnx.helper.make_tensor_value_info(name, 1, shape) for name, shape in (("x", [5, None, 4]), ("y", None)))
    graph = onnx.helper.make_graph(nodes, "net", [next(ends)], [next(ends)], held)
    model = onnx.helper.make_model(graph, opset_imports=[onnx.helper.make_opsetid("", 18)], ir_version=8)
    (tmp_path / "n.onnx").write_bytes(model.SerializeToString())
    return tmp_path / "n.onnx"


def rows():
    return {"x": np.random.default_rng(1).normal(size=(5, 2, 4)).astype(np.float32)}


def test_a_layer_of_which_the_first_output_is_left_out_is_evaluated(path):
    network = load(path)
    np.testing.assert_allclose(run(network.graph, rows())["y"], network.outputs(rows())["y"], atol=1e-6)
    assert len({each.outputs[0] for each in network.graph.nodes}) == 4


def test_it_is_edited_in_place(path, tmp_path):
    network = load(path)
    network.rewrite(tmp_path / "other.onnx", [SetConstant("w", np.zeros((1, 9, 4), np.float32))])
    other = load(tmp_path / "other.onnx")
    np.testing.assert_allclose(other.outputs(rows())["y"], np.zeros((1, 2, 3)), atol=1e-6)
    assert not np.allclose(network.inner(rows())["h"], other.inner(rows())["h"])


def test_a_node_without_any_output_is_no_network(path, tmp_path):
    model = onnx.load(path)
    del model.graph.node[0].output[:]
    (tmp_path / "broken.onnx").write_bytes(model.SerializeToString())
    with pytest.raises(BrokenFile, match="computes nothing"):
        load(tmp_path / "broken.onnx")

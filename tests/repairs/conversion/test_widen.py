"""One fault that looks like several behind it is explained as one."""

import numpy as np
import pytest

from netmend.network.edits import ReplaceNodes, SetAttribute, edited
from netmend.network.graph import Node
from netmend.repairs.conversion.examine import examine
from netmend.repairs.conversion.explain import Explained
from netmend.repairs.conversion.given import Options, read_pair
from netmend.testing.graphs import NETWORKS, inputs_of

onnx = pytest.importorskip("onnx")
pytest.importorskip("onnxruntime")
pytest.importorskip("torch")
pytestmark = pytest.mark.torch


def saved(graph, path):
    helper = onnx.helper
    nodes = [helper.make_node(node.op, node.inputs, node.outputs, node.name, **node.attributes) for node in graph.nodes]
    inputs = [
        helper.make_tensor_value_info(each.name, 1, [size or "n" for size in each.shape]) for each in graph.inputs
    ]
    stored = [onnx.numpy_helper.from_array(value, name) for name, value in graph.constants.items()]
    outputs = [helper.make_tensor_value_info(each.name, 1, None) for each in graph.outputs]
    made = helper.make_graph(nodes, "net", inputs, outputs, stored)
    path.write_bytes(
        helper.make_model(made, opset_imports=[helper.make_opsetid("", graph.opset)], ir_version=10).SerializeToString()
    )
    return path


@pytest.fixture
def causes(tmp_path):
    def of(name, *edits):
        graph = NETWORKS[name](0)
        paths = saved(graph, tmp_path / "source.onnx"), saved(edited(graph, edits), tmp_path / "target.onnx")
        np.savez(tmp_path / "inputs.npz", **inputs_of(graph, 16, 0))
        pair, _ = read_pair(paths, Options(inputs=tmp_path / "inputs.npz"))
        return [answer for _, answer in examine(pair, pair.target.graph, pair.inputs.source).causes]

    return of


def test_a_transposition_that_shows_three_operators_later_is_one_fault(causes):
    (answer,) = causes("attentive", SetAttribute("q", "perm", [0, 1, 2, 3]))
    assert isinstance(answer, Explained)
    assert [cause.name for cause in answer.causes] == ["permutation"] and answer.hypothesis.node == "q"


def test_operators_that_are_exchanged_are_one_fault(causes):
    moved = Node("q1", "Add", ("n1", "bq"), ("q0",)), Node("q0", "MatMul", ("q0", "wq"), ("q1",))
    (answer,) = causes("attentive", ReplaceNodes(("q0", "q1"), moved))
    assert isinstance(answer, Explained)
    assert [cause.name for cause in answer.causes] == ["reordered-operators"]


def test_faults_that_are_understood_stay_as_they_are(causes):
    found = causes("attentive", SetAttribute("shares", "axis", 2), SetAttribute("n1", "epsilon", 1e-3))
    assert [[cause.name for cause in answer.causes] for answer in found] == [["epsilon"], ["softmax-axis"]]


def test_a_healthy_pair_has_no_causes(causes):
    assert causes("attentive") == []

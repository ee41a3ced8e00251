"""Rows are counted wherever a network is executed, and only where somebody counts."""

import numpy as np
import pytest

from netmend.network.evaluate import run
from netmend.network.executions import Executions, counted, operated, ran
from netmend.testing.graphs import NETWORKS, inputs_of


def test_both_kinds_are_counted_and_added_up_by_the_size_of_the_network():
    with counted() as count:
        ran(5)
        operated(3)
        operated(7)
    ran(100)
    assert count == Executions(5, 10) and count.total(4) == 7.5


def test_who_counts_outside_counts_what_was_counted_inside():
    with counted() as outer:
        ran(1)
        with counted() as inner:
            ran(2)
    assert inner.runs == 2 and outer.runs == 3


def test_an_evaluation_of_a_network_is_one_execution_for_each_row():
    graph = NETWORKS["convolutional"](0)
    with counted() as count:
        run(graph, inputs_of(graph, 6, 0))
    assert count.runs == 0 and count.total(len(graph.nodes)) == 6


def test_a_runtime_is_counted_by_the_rows_it_is_given(tmp_path):
    onnx = pytest.importorskip("onnx")
    pytest.importorskip("onnxruntime")
    from netmend.network.load import load

    node = onnx.helper.make_node("Relu", ["x"], ["y"])
    ends = [onnx.helper.make_tensor_value_info(name, 1, ["rows", 3]) for name in "xy"]
    model = onnx.helper.make_model(
        onnx.helper.make_graph([node], "g", ends[:1], ends[1:]),
        opset_imports=[onnx.helper.make_opsetid("", 20)],
        ir_version=10,
    )
    (tmp_path / "n.onnx").write_bytes(model.SerializeToString())
    network = load(tmp_path / "n.onnx")
    with counted() as count:
        network.run(np.zeros((4, 3), np.float32))
    assert count.runs == 4 and count.operators == 0

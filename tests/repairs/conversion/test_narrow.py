"""Faults next to one another, with nothing recognised between them, are each explained at their own node."""

import numpy as np
import pytest

from netmend.network.edits import ReplaceNodes, SetAttribute, SetConstant
from netmend.network.graph import Node
from netmend.repairs.conversion.explain import Explained
from netmend.testing.graphs import NETWORKS

pytest.importorskip("onnx")
pytest.importorskip("onnxruntime")
pytest.importorskip("torch")
pytestmark = pytest.mark.torch


def test_three_faults_in_a_row_are_told_apart(causes_of):
    graph = NETWORKS["flattened"](0)
    rows, columns, channels = graph.inputs[0].shape[1:]
    reshaped = Node("image", "Reshape", ("x", "sizes"), ("image",))
    found = causes_of(
        "flattened",
        ReplaceNodes(("image",), (reshaped,), {"sizes": np.array([0, channels, rows, columns], np.int64)}),
        SetConstant("b1", -graph.constants["b1"]),
        ReplaceNodes(("r1",), (Node("r1", "Softsign", ("c1",), ("r1",)),)),
    )
    assert all(isinstance(answer, Explained) for answer in found)
    assert [(answer.causes[0].name, answer.hypothesis.node) for answer in found] == [
        ("reshape-for-transpose", "image"),
        ("bias", "c1"),
        ("activation-variant", "r1"),
    ]


def test_a_single_fault_is_not_taken_apart(causes_of):
    (found,) = causes_of("flattened", SetAttribute("c1", "auto_pad", "SAME_LOWER"))
    assert isinstance(found, Explained) and [cause.name for cause in found.causes] == ["padding"]


def test_a_factor_that_a_right_one_makes_good_is_named_where_it_is(causes_of):
    # A quarter behind the pooling, and four times as much two operators later: in between all is wrong.
    quarter = Node("p2", "Mul", ("p2 before", "quarter"), ("p2",))
    graph = NETWORKS["convolutional"](0)
    pool = next(node for node in graph.nodes if node.outputs[0] == "p2")
    before = Node("p2 before", pool.op, pool.inputs, ("p2 before",), pool.attributes)
    edit = ReplaceNodes(("p2",), (before, quarter), {"quarter": np.float32(0.25)})
    (found,) = causes_of("convolutional", edit)
    assert isinstance(found, Explained) and found.hypothesis.node == "p2"

"""One fault that looks like several behind it is explained as one."""

import pytest

from netmend.network.edits import ReplaceNodes, SetAttribute
from netmend.network.graph import Node
from netmend.repairs.conversion.explain import Explained

pytest.importorskip("onnx")
pytest.importorskip("onnxruntime")
pytest.importorskip("torch")
pytestmark = pytest.mark.torch


def test_a_transposition_that_shows_three_operators_later_is_one_fault(causes_of):
    (answer,) = causes_of("attentive", SetAttribute("q", "perm", [0, 1, 2, 3]))
    assert isinstance(answer, Explained)
    assert [cause.name for cause in answer.causes] == ["permutation"] and answer.hypothesis.node == "q"


def test_operators_that_are_exchanged_are_one_fault(causes_of):
    moved = Node("q1", "Add", ("n1", "bq"), ("q0",)), Node("q0", "MatMul", ("q0", "wq"), ("q1",))
    (answer,) = causes_of("attentive", ReplaceNodes(("q0", "q1"), moved))
    assert isinstance(answer, Explained)
    assert [cause.name for cause in answer.causes] == ["reordered-operators"]


def test_faults_that_are_understood_stay_as_they_are(causes_of):
    found = causes_of("attentive", SetAttribute("shares", "axis", 2), SetAttribute("n1", "epsilon", 1e-3))
    assert [[cause.name for cause in answer.causes] for answer in found] == [["epsilon"], ["softmax-axis"]]


def test_a_healthy_pair_has_no_causes(causes_of):
    assert causes_of("attentive") == []

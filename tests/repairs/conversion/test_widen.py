"""One fault that looks like several behind it is explained as one."""

import numpy as np
import pytest

from netmend.network.edits import ReplaceNodes, SetAttribute, SetConstant, edited
from netmend.network.graph import Node
from netmend.repairs.conversion.align import align
from netmend.repairs.conversion.cut import segments
from netmend.repairs.conversion.distance import Distance
from netmend.repairs.conversion.explain import Cause, Explained, Unexplained
from netmend.repairs.conversion.faults._base import Hypothesis, faults
from netmend.repairs.conversion.localise import Faulty, Judged
from netmend.repairs.conversion.segments import Correspondence
from netmend.repairs.conversion.widen import widened
from netmend.testing.graphs import NETWORKS, inputs_of

pytest.importorskip("onnx")
pytest.importorskip("onnxruntime")


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


@pytest.mark.parametrize(("one", "other", "near"), [("q1", "q2", True), ("q1", "f2", False)])
def test_only_neighbours_are_explained_as_one(one, other, near):
    graph = NETWORKS["attentive"](0)
    feeds = inputs_of(graph, 3, 0)
    inputs = [Correspondence(each.name, each.name) for each in graph.inputs]
    found = align(graph, graph, feeds, inputs, [(each.name, each.name) for each in graph.outputs], 1e-4)
    whole = Judged(*[Distance(1.0, 1.0)] * 4)
    unknown = Unexplained(None, 1.0, 1.0, 0.0, 0, True)
    parts = {part.nodes[-1]: part for part in segments(graph, graph, found.matches)}
    causes = [(Faulty(parts[name], whole, 3), unknown) for name in (one, other)]
    asked = []
    assert widened(graph, graph, found, causes, lambda part, several: asked.append(part) or unknown) == tuple(causes)
    assert any({one, other} <= set(part.nodes) for part in asked) == near


def damaged(name):
    """The weights of a layer with a tenth of them lost, or in another order, and what it takes to mend that."""
    graph = NETWORKS["attentive"](0)
    right = graph.constants[name]
    lost = np.where(np.random.default_rng(0).random(right.shape) < 0.1, 0, right)
    return graph, {"lost": lost, "in another order": right.T}


@pytest.mark.parametrize(("what", "asked"), [("lost", False), ("in another order", True)])
def test_damage_and_settings_are_no_fault_that_moved_numbers(what, asked):
    healthy, wrong = damaged("wv")
    graph = edited(healthy, [SetConstant("wv", wrong[what].astype(np.float32))])
    inputs = [Correspondence(each.name, each.name) for each in graph.inputs]
    outputs = [(each.name, each.name) for each in graph.outputs]
    found = align(healthy, healthy, inputs_of(graph, 3, 0), inputs, outputs, 1e-4)
    parts = {part.nodes[-1]: part for part in segments(graph, graph, found.matches)}
    whole = Judged(*[Distance(1.0, 1.0)] * 4)

    def cause(name, edit):
        hypothesis = Hypothesis((edit,), "", edit.constant, 1.0)
        return Explained((Cause(name, faults()[name].value, hypothesis),), 1.0, 0.0, 0.1, 1)

    causes = [
        (Faulty(parts["n1"], whole, 3), cause("epsilon", SetConstant("g1", healthy.constants["g1"]))),
        (Faulty(parts["v0"], whole, 3), cause("corrupted-weights", SetConstant("wv", healthy.constants["wv"]))),
    ]
    tried = []
    unknown = Unexplained(None, 1.0, 1.0, 0.0, 0, True)
    assert widened(graph, graph, found, causes, lambda part, several: tried.append(part) or unknown) == tuple(causes)
    assert bool(tried) == asked


def test_a_healthy_pair_has_no_causes(causes_of):
    assert causes_of("attentive") == []

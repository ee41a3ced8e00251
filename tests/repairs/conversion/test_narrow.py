"""Faults next to one another, with nothing recognised between them, are each explained at their own node."""

import numpy as np
import pytest

from netmend.network.edits import ReplaceNodes, SetAttribute, SetConstant
from netmend.network.graph import Graph, Node, Signature
from netmend.repairs.conversion.examine import case_of
from netmend.repairs.conversion.explain import Explained, Unexplained
from netmend.repairs.conversion.localise import Faulty
from netmend.repairs.conversion.misfit import watched
from netmend.repairs.conversion.narrow import narrowed
from netmend.repairs.conversion.segments import Correspondence, Match, Segment
from netmend.testing.graphs import NETWORKS

pytest.importorskip("onnx")
pytest.importorskip("onnxruntime")


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


@pytest.mark.parametrize("spent", [False, True])
def test_a_stretch_is_taken_apart_only_while_there_is_time(spent):
    ends = (Signature("x", (None, 4), "float32"),), (Signature("c", (None, 4), "float32"),)
    graphs = []
    for ops in (("Relu", "Tanh", "Exp"), ("Elu", "Tanh", "Sin")):
        read = ("x", "a", "b")
        nodes = tuple(Node(name, op, (at,), (name,)) for name, op, at in zip("abc", ops, read, strict=True))
        graphs.append(Graph(nodes, {}, *ends, 18))
    source, target = graphs
    same = [Correspondence(name, name) for name in ("x", "c")]
    segment = Segment(("a", "b", "c"), (same[0],), (same[1],), ("a", "b", "c"))
    asked = []

    def watch(part):
        case = case_of(source, target, part, {"x": np.random.default_rng(0).normal(size=(5, 4))})
        return watched(case), {}

    def none_explains(case, allowed):
        asked.append(case.segment.nodes)
        return Unexplained(None, 1.0, 1.0, 0.1, 0, True)

    matches = {each.target: Match(each, "value", 0.0) for each in same}
    narrowed(source, target, matches, Faulty(segment, None, 5, ""), watch, none_explains, lambda: spent)
    assert asked[0] == ("a", "b", "c") and (len(asked) == 1) == spent


def test_what_is_stored_and_wrong_does_not_hide_what_reads_it(causes_of):
    """A bias on a wrong scale is its own fault; the layer that reads it is given the right one."""
    graph = NETWORKS["quantised"](0)
    conv = next(node for node in graph.nodes if node.op == "Conv")
    bias = graph.producer(conv.inputs[2])
    scale = np.full_like(graph.constants[bias.inputs[1]], 0.012)
    edits = SetAttribute(conv.outputs[0], "pads", [2, 2, 0, 0]), SetConstant(bias.inputs[1], scale)
    named = [
        (cause.name, cause.hypothesis.node) for answer in causes_of("quantised", *edits) for cause in answer.causes
    ]
    assert named == [("bias-scale", bias.outputs[0]), ("padding", conv.outputs[0])]

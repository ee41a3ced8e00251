"""Changes of a network's structure."""

from dataclasses import replace

import numpy as np
import pytest

from netmend.core.errors import BrokenFile
from netmend.network.edits import ReplaceNodes, SetAttribute, SetConstant, SetInput, SetScheme, edited
from netmend.network.graph import Graph, Node, Signature
from netmend.network.quantisation import Scheme


def network():
    nodes = (
        Node("fc", "Gemm", ("x", "w", "b"), ("z",), {"transB": 1}),
        Node("act", "Relu", ("z",), ("y",)),
    )
    constants = {"w": np.eye(2, dtype=np.float32), "b": np.ones(2, np.float32)}
    return Graph(nodes, constants, (Signature("x", (None, 2), "float32"),), (Signature("y", (None, 2), "float32"),), 20)


def test_edits_make_a_new_graph_and_leave_the_old_one():
    graph = network()
    new = edited(graph, [SetAttribute("z", "transB", None), SetAttribute("z", "alpha", 2.0), SetInput("z", 2, "")])
    assert new.nodes[0].attributes == {"alpha": 2.0} and new.nodes[0].inputs == ("x", "w", "")
    assert graph.nodes[0].attributes == {"transB": 1} and graph.nodes[0].inputs == ("x", "w", "b")


def test_a_constant_may_get_another_shape_but_must_be_there():
    assert edited(network(), [SetConstant("b", np.zeros(1, np.float32))]).constants["b"].shape == (1,)
    with pytest.raises(KeyError, match="bias"):
        edited(network(), [SetConstant("bias", np.zeros(2))])


def test_inserted_nodes_come_where_what_they_read_is_known():
    by = (Node("swap", "Transpose", ("z",), ("zt",), {"perm": [1, 0]}),)
    new = edited(network(), [ReplaceNodes((), by), SetInput("y", 0, "zt")])
    assert [node.op for node in new.nodes] == ["Gemm", "Transpose", "Relu"]


def test_replaced_nodes_bring_their_constants():
    by = (Node("add", "Add", ("x", "c"), ("z",)),)
    new = edited(network(), [ReplaceNodes(("z",), by, {"c": np.ones(2, np.float32)})])
    assert [node.op for node in new.nodes] == ["Add", "Relu"] and "c" in new.constants


@pytest.mark.parametrize(
    "edits",
    [
        [ReplaceNodes(("z",), ())],
        [ReplaceNodes(("y",), ())],
        [SetInput("z", 0, "y")],
        [ReplaceNodes((), (Node("again", "Relu", ("x",), ("z",)),))],
        [ReplaceNodes(("nothing",), ())],
    ],
    ids=["a tensor is lost", "an output is lost", "a cycle", "made twice", "not there"],
)
def test_what_could_not_be_computed_is_refused(edits):
    with pytest.raises(BrokenFile):
        edited(network(), edits)


def test_new_tensors_lie_on_the_grid_of_what_makes_them_unless_another_is_given():
    grid, other = (Scheme(np.float32([size]), np.array([0]), "int8") for size in (0.5, 0.25))
    graph = replace(network(), quantisation={"x": grid, "z": grid})
    by = (Node("a", "Neg", ("z",), ("a",)), Node("d", "Neg", ("a",), ("d",)))
    new = edited(graph, [ReplaceNodes((), by, {}, {"d": other}), SetInput("y", 0, "d"), SetScheme("x", other)])
    assert new.quantisation == {"x": other, "z": grid, "a": grid, "d": other}
    with pytest.raises(KeyError, match="w"):
        edited(graph, [SetScheme("w", other)])

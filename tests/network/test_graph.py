"""A graph answers what depends on what, and keeps its order."""

import numpy as np
import pytest

from netmend.core.errors import BrokenFile
from netmend.network.graph import Graph, Node, Signature, in_order

A = Node("a", "Relu", ("x",), ("p",))
B = Node("b", "Relu", ("p",), ("q",))
C = Node("c", "Add", ("x", "w"), ("r",))


def graph():
    row = Signature("x", (None, 2), "float32")
    return Graph((A, B, C), {"w": np.zeros(2)}, (row,), (Signature("q", (None, 2), "float32"),), 18)


def test_what_comes_after_a_tensor_is_what_depends_on_it():
    assert graph().after(["p"]) == (B,)
    assert graph().after(["x"]) == (A, B, C)
    assert graph().after(["w"]) == (C,)


def test_a_tensor_is_produced_by_one_node_and_inputs_by_none():
    assert graph().producer("q") is B
    assert graph().producer("x") is None
    assert graph().producer("w") is None
    assert graph().users("x") == (A, C)


def test_other_constants_make_another_graph_and_leave_this_one():
    before = graph()
    after = before.with_constants({"w": np.ones(2)})
    assert after.constants["w"].tolist() == [1, 1]
    assert before.constants["w"].tolist() == [0, 0]
    with pytest.raises(ValueError, match="shape"):
        before.with_constants({"w": np.ones(3)})
    with pytest.raises(KeyError):
        before.with_constants({"v": np.ones(2)})


def test_nodes_in_any_order_are_put_in_one_that_can_be_computed():
    assert in_order([B, C, A], ["x", "w"]) == (C, A, B)


@pytest.mark.parametrize(
    ("nodes", "says"),
    [
        ([B], "nothing computes"),
        ([Node("d", "Relu", ("s",), ("s2",)), Node("e", "Relu", ("s2",), ("s",))], "nothing computes"),
        ([A, Node("d", "Relu", ("x",), ("p",))], "twice"),
        ([Node("d", "Relu", ("x",), ("x",))], "twice"),
    ],
)
def test_a_graph_that_cannot_be_computed_is_refused(nodes, says):
    with pytest.raises(BrokenFile, match=says):
        in_order(nodes, ["x", "w"])

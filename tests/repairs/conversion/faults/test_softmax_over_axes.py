"""Where a network is reshaped around its softmax, the axis of the reshaping says over what it is."""

import numpy as np
import pytest

from netmend.network.edits import SetAttribute
from netmend.network.graph import Graph, Node, Signature
from netmend.repairs.conversion.explain import explain
from netmend.repairs.conversion.faults._isolation import isolated

ENDS = (Signature("x", (None, 3, 4), "float32"),), (Signature("y", (None, 3, 4), "float32"),)


def reshaped():
    nodes = (
        Node("flat", "Flatten", ("x",), ("flat",), {"axis": 1}),
        Node("softmax", "Softmax", ("flat",), ("shares",), {"axis": -1}),
        Node("shape", "Shape", ("x",), ("shape",)),
        Node("back", "Reshape", ("shares", "shape"), ("y",)),
    )
    return Graph(nodes, {}, *ENDS, 18)


@pytest.mark.parametrize("axis", [1, 2])
def test_one_axis_alone_is_named_as_such_and_the_last_by_a_setting(axis):
    source = Graph((Node("softmax", "Softmax", ("x",), ("y",), {"axis": axis}),), {}, *ENDS, 18)
    answer = explain(isolated(source, reshaped(), {"x": np.random.default_rng(0).normal(size=(5, 3, 4))}))
    assert [cause.name for cause in answer.causes] == ["softmax-over-axes"]
    assert (answer.edits == (SetAttribute("flat", "axis", 2),)) == (axis == 2)

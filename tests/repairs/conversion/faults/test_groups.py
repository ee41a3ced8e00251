"""The number of groups follows from the weights."""

import numpy as np
import pytest

from netmend.network.graph import Graph, Node, Signature
from netmend.repairs.conversion.explain import explain
from netmend.repairs.conversion.faults._isolation import isolated


@pytest.mark.parametrize("channels", [2, 1])
def test_a_convolution_that_lost_its_groups_gets_them_back(channels):
    random = np.random.default_rng(0)
    weight = random.normal(size=(8, channels, 3, 3)).astype(np.float32)
    ends = (Signature("x", (None, 4, 7, 6), "float32"),), (Signature("y", (None, 8, 5, 4), "float32"),)

    def network(**attributes):
        return Graph((Node("c", "Conv", ("x", "w"), ("y",), attributes),), {"w": weight}, *ends, 18)

    answer = explain(isolated(network(group=4 // channels), network(), {"x": random.normal(size=(4, 4, 7, 6))}))
    (edit,) = answer.edits
    assert answer.causes[0].name == "groups" and (edit.name, edit.value) == ("group", 4 // channels)

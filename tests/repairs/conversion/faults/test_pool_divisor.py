"""A factor behind a pool is found also where what follows only moves its numbers."""

import numpy as np
import pytest

from netmend.network.graph import Graph, Node, Signature
from netmend.repairs.conversion.explain import explain
from netmend.repairs.conversion.faults._isolation import isolated


def network(factor=None):
    constants = {} if factor is None else {"factor": np.array(factor, np.float32)}
    nodes = [Node("pool", "AveragePool", ("x",), ("p",), {"kernel_shape": [2, 2], "strides": [2, 2]})]
    if factor is not None:
        nodes.append(Node("times", "Mul", ("p", "factor"), ("q",)))
    nodes.append(Node("flat", "Flatten", (nodes[-1].outputs[0],), ("y",)))
    ends = (Signature("x", (None, 3, 4, 6), "float32"),), (Signature("y", (None, 18), "float32"),)
    return Graph(tuple(nodes), constants, *ends, 18)


@pytest.mark.parametrize("factor", [0.75, 4.0])
def test_a_factor_that_the_source_lacks_becomes_one(factor):
    answer = explain(isolated(network(), network(factor), {"x": np.random.default_rng(0).normal(size=(4, 3, 4, 6))}))
    (edit,) = answer.edits
    assert answer.causes[0].name == "pool-divisor"
    assert (edit.constant, float(edit.value)) == ("factor", pytest.approx(1.0))

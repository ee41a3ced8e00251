"""What averages, pads or cuts out along axes is written as products with matrices where it cannot be copied."""

import numpy as np
import pytest

from netmend.network.edits import edited
from netmend.network.graph import Graph, Node, Signature
from netmend.repairs.conversion.explain import explain
from netmend.repairs.conversion.faults._base import evaluated
from netmend.repairs.conversion.faults._isolation import isolated

SPATIAL = (9, 8)
STRETCHES = [
    ("AveragePool", {"kernel_shape": [3, 3], "pads": [1, 1, 1, 1]}, {}, SPATIAL),
    ("AveragePool", {"kernel_shape": [3, 2], "auto_pad": "SAME_LOWER", "strides": [2, 2]}, {}, (5, 4)),
    ("Pad", {"mode": "edge"}, {"pads": np.array([0, 0, 2, 1, 0, 0, 0, 3])}, (11, 12)),
    ("Pad", {}, {"pads": np.array([0, 0, 2, 1, 0, 0, 0, -3])}, (11, 6)),
    ("Slice", {}, dict(zip("seat", np.array([[8, 1], [0, 8], [2, 3], [-2, 3]]), strict=True)), (4, 3)),
    ("CumSum", {"exclusive": 1}, {"a": np.array(2)}, SPATIAL),
]  # fmt: skip


def network(op, attributes, constants, sizes):
    node = Node("n", op, ("x", *constants), ("y",), attributes)
    ends = Signature("x", (None, 2, *SPATIAL), "float32"), Signature("y", (None, 2, *sizes), "float32")
    return Graph((node,), constants, ends[:1], ends[1:], 18)


def rows(seed):
    return {"x": np.random.default_rng(seed).normal(size=(4, 2, *SPATIAL)).astype(np.float32)}


@pytest.mark.parametrize("stretch", STRETCHES, ids=lambda each: each[0])
def test_only_products_and_transpositions_are_left_and_fresh_rows_come_out_right(stretch):
    healthy = network(*stretch)
    faulty = Graph((Node("n", "Relu", ("x",), ("y",)),), {}, healthy.inputs, healthy.outputs, 18)

    def writes(edits):
        return {node.op for node in edited(faulty, edits).nodes} <= {"MatMul", "Transpose"}

    answer = explain(isolated(healthy, faulty, rows(0)), writes=writes)
    (cause,) = answer.causes
    assert cause.name == "moved-numbers"
    one, other = (evaluated(graph, rows(1), ["y"])["y"] for graph in (edited(faulty, answer.edits), healthy))
    np.testing.assert_allclose(one, other, atol=1e-6)


def test_copying_the_operator_is_preferred_where_that_can_be_written():
    healthy = network(*STRETCHES[2])
    faulty = Graph((Node("n", "Relu", ("x",), ("y",)),), {}, healthy.inputs, healthy.outputs, 18)
    case = isolated(healthy, faulty, rows(0))
    tried = []
    explain(case, writes=lambda edits: tried.append({node.op for node in edited(faulty, edits).nodes}) is not None)
    assert "Pad" in tried[0] and tried[-1] == {"MatMul", "Transpose"}


def test_what_is_not_linear_is_not_written_so():
    healthy = network("MaxPool", {"kernel_shape": [2, 2]}, {}, (8, 7))
    faulty = network("AveragePool", {"kernel_shape": [2, 2]}, {}, (8, 7))
    answer = explain(isolated(healthy, faulty, rows(0)), writes=lambda edits: False)
    assert not hasattr(answer, "causes")

import numpy as np

from netmend.repairs.conversion.known import Known, depending, signature
from tests.repairs.conversion.networks import graph_of, rows


def known():
    from netmend.network.evaluate import as_tensor, forward

    graph = graph_of()
    values = forward(graph, {"x": as_tensor(rows(2))}, keep="all")
    return Known(graph, {name: value.numpy() for name, value in values.items()}, 2)


def test_a_signature_does_not_depend_on_the_layout():
    value = np.random.default_rng(0).standard_normal((2, 3, 4))
    np.testing.assert_allclose(signature(value.transpose(2, 0, 1)), signature(value))


def test_a_tensor_is_looked_up_by_its_numbers_in_another_layout():
    held = known()
    found = [same.source for same, _ in held.like("t", held.values["c1"].transpose(0, 2, 3, 1), 1e-6)]
    assert found == ["c1"]


def test_a_tensor_of_one_number_throughout_is_not_looked_up():
    held = known()
    assert list(held.like("t", np.zeros(held.values["c1"].shape), 1e-6)) == []


def test_the_dataflow_says_what_is_computed_from_what():
    held = known()
    assert held.downstream("y", "x") and held.downstream("a1", "p0")
    assert not held.downstream("c0", "c1")


def test_what_depends_on_no_input_is_left_out():
    graph = graph_of([("Relu", ["w2"], ["k"], {}), ("Gemm", ["x", "k"], ["y"], {})])
    assert depending(graph) == {"x", "y"}

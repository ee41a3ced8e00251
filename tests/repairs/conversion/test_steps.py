import numpy as np

from netmend.network.graph import Node
from netmend.network.tensors import torch
from netmend.repairs.conversion.steps import Steps
from tests.repairs.conversion.networks import graph_of


def steps():
    return Steps(graph_of(), torch.float64)


def test_the_first_mapping_that_has_an_input_gives_it():
    node = Node("add", "Add", ("a", "b"), ("c",))
    one, two = {"a": torch.full((2,), 1.0)}, {"a": torch.zeros((2,)), "b": torch.full((2,), 5.0)}
    np.testing.assert_array_equal(steps().outputs(node, one, two)["c"].numpy(), [6, 6])


def test_constants_are_those_of_the_graph():
    node = Node("relu", "Relu", ("w2",), ("c",))
    np.testing.assert_allclose(steps().outputs(node, {})["c"].numpy(), np.maximum(graph_of().constants["w2"], 0))


def test_what_cannot_be_computed_is_none_and_says_why():
    made = steps()
    node = Node("gemm", "Gemm", ("a", "w2"), ("c",), {})
    assert made.outputs(node, {"a": torch.full((2, 7), 1.0)}) == {"c": None}
    assert "Gemm" in made.failures["c"]


def test_what_is_computed_from_something_missing_is_none():
    node = Node("add", "Add", ("a", "b"), ("c",))
    assert steps().outputs(node, {"a": torch.full((2,), 1.0), "b": None}) == {"c": None}

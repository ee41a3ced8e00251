"""A graph that is not the network is noticed, and the first wrong node is named."""

from dataclasses import replace

import numpy as np
import pytest

from netmend.core.errors import ModelsDisagree
from netmend.network.load import load

pytestmark = pytest.mark.torch
X = np.random.default_rng(3).normal(size=(7, 4)).astype(np.float32)


def test_a_network_agrees_with_its_own_graph(mlp_file):
    load(mlp_file()).check(X)


@pytest.mark.parametrize(
    ("place", "change", "named"),
    [(1, {"op": "Tanh"}, "a0"), (0, {"attributes": {"transB": 1, "alpha": 1.01}}, "z0"), (2, {"inputs": None}, "z1")],
)
def test_a_graph_of_something_else_is_refused_at_the_first_node_that_differs(mlp_file, place, change, named):
    network = load(mlp_file())
    nodes = list(network.graph.nodes)
    if change == {"inputs": None}:
        change = {"inputs": (*nodes[2].inputs[:2], "other")}
    nodes[place] = replace(nodes[place], **change)
    constants = {**network.graph.constants, "other": network.graph.constants["fc1.bias"] + np.float32(0.01)}
    network.graph = replace(network.graph, nodes=tuple(nodes), constants=constants)
    with pytest.raises(ModelsDisagree, match=rf"differ: .* for input(.|\n)*node '{named}'"):
        network.check(X)


def test_a_difference_beyond_the_error_bound_is_one_though_it_is_small(mlp_file):
    network = load(mlp_file())
    off = {"fc1.bias": network.graph.constants["fc1.bias"] + np.float32(1e-4)}
    network.graph = network.graph.with_constants(off)
    with pytest.raises(ModelsDisagree):
        network.check(X)


def test_networks_for_one_vector_are_compared_as_well(real):
    network = load(real("acasxu/ACASXU_run2a_2_9_batch_2000.onnx"))
    x = np.random.default_rng(0).uniform(-0.5, 0.5, (4, 5))
    network.check(x)
    last = network.graph.nodes[-1]
    network.graph = replace(network.graph, nodes=(*network.graph.nodes[:-1], replace(last, op="Sub")))
    with pytest.raises(ModelsDisagree, match=r"\(Sub\) is the first"):
        network.check(x)

"""A graph that is not the network is noticed."""

from dataclasses import replace

import numpy as np
import pytest

from netmend.core.errors import ModelsDisagree
from netmend.network.load import load

pytestmark = pytest.mark.torch
X = np.random.default_rng(3).normal(size=(7, 4)).astype(np.float32)


def test_a_network_agrees_with_its_own_graph(mlp_file):
    load(mlp_file()).check(X)


def test_a_graph_of_something_else_is_refused(mlp_file):
    network = load(mlp_file())
    relu = network.graph.nodes[1]
    nodes = (network.graph.nodes[0], replace(relu, op="Tanh"), network.graph.nodes[2])
    network.graph = replace(network.graph, nodes=nodes)
    with pytest.raises(ModelsDisagree):
        network.check(X)

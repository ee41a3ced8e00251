"""Grids of ONNX files that ONNX Runtime's own quantiser has written."""

import numpy as np
import pytest

from netmend.core.errors import ModelsDisagree
from netmend.network.backends._onnx_grids import on_grids, with_grids
from netmend.network.edits import SetConstant, edited
from netmend.network.evaluate import run
from netmend.network.load import load
from netmend.testing.graphs import NETWORKS
from tests.repairs.conversion.networks import quantised, rows


def test_what_is_taken_back_has_the_grid_it_was_put_on():
    graph = NETWORKS["quantised"](0)
    found = with_grids(graph).quantisation
    assert set(found) == {"xr", "rr"}, "not the weights, which are constants"
    x = np.random.default_rng(0).normal(0, 1, (3, 4, 6, 6)).astype(np.float32)
    shown = run(graph, {"x": x})
    assert shown.keys() == {"y"}
    codes = np.rint(x / np.float32(0.03)) + 120
    assert np.array_equal(found["xr"].values(codes), (codes - 120) * np.float64(np.float32(0.03)))


def test_a_pair_with_two_scales_has_none():
    graph = NETWORKS["quantised"](0)
    nodes = tuple(
        node if node.name != "rr" else type(node)("rr", node.op, (node.inputs[0], "xs", *node.inputs[2:]), node.outputs)
        for node in graph.nodes
    )
    assert set(with_grids(type(graph)(nodes, graph.constants, graph.inputs, graph.outputs, 18)).quantisation) == {"xr"}


def test_a_network_without_pairs_is_left_alone():
    graph = NETWORKS["convolutional"](0)
    assert with_grids(graph) is graph


def test_weights_in_blocks_are_compared_node_by_node_too():
    graph = NETWORKS["convolutional"](0)
    assert not on_grids(graph)
    held = {"w": np.zeros((4, 2), np.uint8), "s": np.ones((2, 2), np.float32)}
    node = type(graph.nodes[0])("d", "DequantizeLinear", ("w", "s"), ("d",), {"axis": 0, "block_size": 2})
    assert on_grids(type(graph)((node,), held, (), (), 21))


def test_a_network_on_grids_is_compared_node_by_node(tmp_path):
    network = load(quantised(tmp_path)[1])
    network.graph = with_grids(network.graph)
    assert network.graph.quantisation
    network.check(rows(40))
    weight = next(name for name, value in network.graph.constants.items() if value.ndim == 4)
    network.graph = edited(network.graph, [SetConstant(weight, network.graph.constants[weight][::-1])])
    with pytest.raises(ModelsDisagree, match="differ"):
        network.check(rows(40))

"""Second moments of layers' inputs."""

import numpy as np
import pytest

from netmend.network.layers import linear_layers
from netmend.repairs.weights import moments

pytest.importorskip("torch")
pytestmark = pytest.mark.torch


def test_the_first_layers_moment_is_that_of_the_inputs(mlp, points):
    first, last = linear_layers(mlp.graph)
    found = moments.second_moments(mlp.graph, (first, last), {"x": points})
    x = points.astype(np.float64)
    assert np.allclose(found[first.node][0], x.T @ x / 8, rtol=1e-5, atol=1e-6)
    hidden = np.maximum(x @ mlp.graph.constants["fc0.weight"].T + mlp.graph.constants["fc0.bias"], 0)
    assert np.allclose(found[last.node][0], hidden.T @ hidden / 8, rtol=1e-5, atol=1e-6)


def test_chunks_change_nothing(conv, monkeypatch):
    layers = linear_layers(conv.graph)
    inputs = np.random.default_rng(0).normal(size=(7, 2, 5, 5)).astype(np.float32)
    whole = moments.second_moments(conv.graph, layers, {"x": inputs})
    monkeypatch.setattr(moments, "lively_chunk", lambda graph, probe: 2)
    for node, moment in moments.second_moments(conv.graph, layers, {"x": inputs}).items():
        assert np.allclose(moment, whole[node], rtol=1e-5, atol=1e-6)
    assert whole[layers[0].node].shape == (2, 9, 9)

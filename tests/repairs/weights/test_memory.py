"""Estimates of memory grow with what they are about."""

import numpy as np
import pytest

from netmend.network.layers import linear_layers
from netmend.repairs.weights.memory import estimated
from netmend.repairs.weights.window import probed

pytest.importorskip("torch")
pytestmark = pytest.mark.torch


def test_more_points_and_the_covariance_norm_take_more(mlp, conv, points):
    images = np.zeros((1, 2, 5, 5), np.float32)
    for network, inputs in ((mlp, points), (conv, images)):
        probe = probed(network.graph, {"x": inputs})
        for layer in linear_layers(network.graph):
            few = estimated(network.graph, layer, 10, probe, weighted=False, last=False)
            many = estimated(network.graph, layer, 10_000, probe, weighted=False, last=False)
            weighted = estimated(network.graph, layer, 10, probe, weighted=True, last=False)
            assert few < weighted < many and many > 8 * 4 * 30_000**2

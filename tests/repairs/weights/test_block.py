"""What may change, and how a change is stored."""

import numpy as np
import pytest

from netmend.network.layers import linear_layers
from netmend.repairs.weights.block import Change, block_of

pytest.importorskip("torch")
pytestmark = pytest.mark.torch


def test_a_block_is_a_weight_its_bias_and_later_biases(mlp):
    first, last = linear_layers(mlp.graph)
    assert [bias.constant for bias in block_of(mlp.graph, first, writable=mlp.parameters).biases] == [
        "fc0.bias",
        "fc1.bias",
    ]
    assert [bias.constant for bias in block_of(mlp.graph, last, writable=mlp.parameters).biases] == ["fc1.bias"]
    alone = block_of(mlp.graph, first, writable=mlp.parameters, later_biases=False)
    assert [bias.constant for bias in alone.biases] == ["fc0.bias"] and alone.size == 30
    assert block_of(mlp.graph, first, writable={}).biases == ()


def test_a_change_is_deployed_rounded_and_read_back(mlp):
    block = block_of(mlp.graph, linear_layers(mlp.graph)[0], writable=mlp.parameters)
    random = np.random.default_rng(0)
    change = Change(random.normal(size=block.nothing.matrix.shape), random.normal(size=block.nothing.biases.shape))
    constants = block.displaced(change)
    assert all(value.dtype == np.float32 for value in constants.values())
    assert np.allclose(constants["fc0.weight"] - mlp.graph.constants["fc0.weight"], change.matrix[0], atol=1e-6)
    back = block.between(constants)
    assert np.allclose(back.matrix, change.matrix, atol=1e-6) and np.allclose(back.biases, change.biases, atol=1e-6)
    again = block.displaced(back)
    assert all(np.array_equal(again[name], constants[name]) for name in constants)

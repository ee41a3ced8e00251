"""A network from a layer on: outputs, cotangents and tangents against the whole network and finite differences."""

import numpy as np
import pytest

from netmend.network.layers import linear_layers
from netmend.repairs.weights.block import Change, block_of
from netmend.repairs.weights.metric import Metric
from netmend.repairs.weights.requirements._base import Row
from netmend.repairs.weights.rows import gradients_of
from netmend.repairs.weights.window import Window

pytest.importorskip("torch")
pytestmark = pytest.mark.torch

STEP = 1e-6


def cases(network, inputs, output):
    for layer in linear_layers(network.graph):
        block = block_of(network.graph, layer, writable=network.parameters)
        window = Window(block, {"x": inputs}, output)
        random = np.random.default_rng(layer.index)
        shape = block.nothing.matrix.shape
        change = Change(random.normal(size=shape), random.normal(size=block.nothing.biases.shape))
        yield window, change


def moved(window, change, size):
    stored = window.block.graph.constants
    return {name: stored[name].astype(np.float64) + size * each for name, each in window.block.spread(change).items()}


@pytest.fixture(params=["mlp", "conv"])
def subject(request, points):
    network = request.getfixturevalue(request.param)
    images = np.random.default_rng(0).normal(size=(5, 2, 5, 5)).astype(np.float32)
    return (network, points, "z1") if request.param == "mlp" else (network, images, "y")


def test_outputs_from_the_layer_on_are_those_of_the_whole_network(subject):
    network, inputs, _ = subject
    for window, _ in cases(*subject):
        assert np.allclose(window.outputs({}), network.run(inputs), atol=1e-5)
        assert np.allclose(window.outputs({}, slice(2, 4)), network.run(inputs)[2:4], atol=1e-5)


def test_the_tangent_is_the_limit_of_differences(subject):
    for window, change in cases(*subject):
        up, down = window.outputs(moved(window, change, STEP)), window.outputs(moved(window, change, -STEP))
        assert np.allclose(window.tangent({}, change), (up - down) / (2 * STEP), atol=1e-6)


@pytest.mark.parametrize("output_weights", [((0, 2), (1.0, -1.0)), ((1,), (2.0,))])
def test_gradients_of_rows_are_limits_of_differences(subject, output_weights):
    outputs, weights = output_weights
    rows = [Row(point, outputs, weights, 0.25) for point in (3, 0, 3)]

    def value(window, constants):
        found = window.outputs(constants)
        return np.array([sum(w * found[row.point, o] for o, w in zip(outputs, weights, strict=True)) for row in rows])

    for window, change in cases(*subject):
        points = np.array([row.point for row in rows])
        gradients = gradients_of(window, window.patches, points, window.pulled(rows, {}), Metric())
        numeric = (value(window, moved(window, change, STEP)) - value(window, moved(window, change, -STEP))) / (
            2 * STEP
        )
        assert np.allclose(gradients.values, value(window, {}) - 0.25)
        assert np.allclose(gradients.along(change), numeric, atol=1e-6)


def test_rows_may_be_about_inner_tensors(mlp, points):
    window, change = next(cases(mlp, points, "z1"))
    rows = [Row(2, (4,), (-1.0,), 0.0, "z0")]
    gradients = gradients_of(window, window.patches, np.array([2]), window.pulled(rows, {}), Metric())
    wanted = -(change.matrix[0, 4] @ points[2] + change.biases[4])
    assert np.isclose(gradients.along(change)[0], wanted)


def test_only_the_last_layer_is_affine(mlp, points):
    assert [window.is_affine() for window, _ in cases(mlp, points, "z1")] == [False, True]


def test_points_in_small_chunks_give_the_same(mlp, points):
    (window, change), _ = cases(mlp, points, "z1")
    whole = window.outputs({}), window.tangent({}, change)
    window._chunk = 3
    assert np.allclose(window.outputs({}), whole[0]) and np.allclose(window.tangent({}, change), whole[1])

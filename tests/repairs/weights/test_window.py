"""A network from a layer on: outputs, cotangents and tangents against the whole network and finite differences."""

import numpy as np
import pytest

from netmend.network.executions import counted
from netmend.network.layers import linear_layers
from netmend.repairs.weights.activations import Activations
from netmend.repairs.weights.block import Change, block_of
from netmend.repairs.weights.metric import Metric
from netmend.repairs.weights.placing import probed
from netmend.repairs.weights.requirements._base import Row
from netmend.repairs.weights.rows import gradients_of
from netmend.repairs.weights.window import Window, chunk_of, lively_chunk

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


@pytest.fixture(params=["mlp", "conv", "frames", "packed", "einsums"])
def subject(request, points):
    network = request.getfixturevalue(request.param)
    random = np.random.default_rng(0)
    if request.param == "frames":
        return network, random.normal(size=(5, 3, 2, 4, 4)).astype(np.float32), "y"
    if request.param in ("packed", "einsums"):
        shape = (5, 4) if request.param == "packed" else (5, 6, 4)
        return network, random.normal(size=shape).astype(np.float32), "y"
    images = random.normal(size=(5, 2, 5, 5)).astype(np.float32)
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


def test_a_second_tangent_at_the_same_weights_evaluates_the_layer_once_more_and_not_twice(conv):
    images = np.random.default_rng(0).normal(size=(5, 2, 5, 5)).astype(np.float32)
    layer = linear_layers(conv.graph)[1]
    block = block_of(conv.graph, layer, writable=conv.parameters)
    window, constants = Window(block, {"x": images}, "y"), {}
    change = Change(np.zeros(block.nothing.matrix.shape), block.nothing.biases)
    change.matrix[0, 1, 2] = 1.0
    first = window.tangent(constants, change)
    with counted() as count:
        again = window.tangent(constants, change)
    assert np.array_equal(first, again) and not again[:, [0, 2]].any() and again[:, 1].any()
    # The layer along the change, then the mean and the layout.
    assert count.operators == 3 * len(images)


def test_what_is_known_of_other_weights_is_not_taken_for_these(subject):
    for window, change in cases(*subject):
        for size in (0.0, 0.3, 0.0):
            constants = moved(window, change, size)
            whole, plain = window.outputs(constants), Window(window.block, {"x": subject[1]}, window.output)
            assert np.allclose(whole, plain.outputs(constants, slice(0, window.points)), rtol=0, atol=1e-12)


def test_a_layer_too_large_to_be_kept_has_the_same_outputs_and_tangents(subject, monkeypatch):
    import netmend.repairs.weights.window as module

    kept = [(window.outputs({}), window.tangent({}, change)) for window, change in cases(*subject)]
    monkeypatch.setattr(module, "CHUNK_BYTES", 1)
    for (window, change), (outputs, slope) in zip(cases(*subject), kept, strict=True):
        assert np.allclose(window.outputs({}), outputs, rtol=0, atol=1e-12)
        assert np.allclose(window.tangent({}, change), slope, rtol=0, atol=1e-12)


def test_what_was_met_before_takes_the_place_of_the_network_before_the_layer(subject):
    network, inputs, output = subject
    for window, change in cases(network, inputs, output):
        met = Activations(network.graph)
        for _ in range(2):
            other = Window(window.block, {"x": inputs}, output, activations=met)
            assert np.allclose(other.outputs({}), window.outputs({}), rtol=0, atol=1e-12)
            assert np.allclose(other.tangent({}, change), window.tangent({}, change), rtol=0, atol=1e-12)


def test_more_points_fit_into_a_pass_that_frees_what_it_needs_no_more(conv):
    probe = probed(conv.graph, {"x": np.zeros((1, 2, 5, 5), np.float32)})
    assert lively_chunk(conv.graph, probe) >= chunk_of(probe) // 2 > 0

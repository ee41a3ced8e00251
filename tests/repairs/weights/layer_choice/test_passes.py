"""Tensors and gradients at every layer, against a plain run and finite differences."""

import numpy as np
import pytest

from netmend.network.evaluate import run
from netmend.repairs.weights.layer_choice import _passes, lga
from netmend.repairs.weights.layer_choice._gradients import mean_gradients, squared_gradients
from netmend.repairs.weights.layer_choice._losses import cross_entropy, losses_of, violated
from netmend.repairs.weights.specification import Intervals, Labels, Specification

pytest.importorskip("torch")
pytestmark = pytest.mark.torch

STEP = 1e-5


@pytest.fixture
def images():
    return np.random.default_rng(4).normal(size=(6, 2, 5, 5)).astype(np.float32)


def test_features_are_what_follows_the_activation_and_logits_at_the_end(conv, mlp, images, wrong, context_of):
    convolutions = context_of(conv, Specification(images, Labels(np.zeros(6, np.int64))))
    assert _passes.features_of(convolutions) == ["a0", "z1"]
    assert _passes.features_of(context_of(mlp, wrong)) == ["a0", "z1"]


def test_parts_are_the_whole_however_they_are_cut(mlp, wrong, context_of, monkeypatch):
    context = context_of(mlp, wrong)
    monkeypatch.setattr(_passes, "chunk_of", lambda probe: 3)
    assert len(list(_passes.passes(context, wrong.inputs))) == 3
    assert np.allclose(_passes.outputs_at(context, wrong.inputs), run(mlp.graph, {"x": wrong.inputs})["z1"])


def test_vectors_average_places(conv, images, context_of):
    context = context_of(conv, Specification(images, Labels(np.zeros(6, np.int64))))
    found = _passes.vectors(context, images, ["x", "a0"])
    assert np.allclose(found[0], images.astype(float).mean(axis=(2, 3)))
    assert found[1].shape == (6, 4)


def losses_with(network, images, labels, constants, name, place, step):
    moved = constants[name].astype(np.float64)
    moved[place] += step
    values = run(network.graph.with_constants({**constants, name: moved}), {"x": images})["y"]
    return np.log(np.exp(values).sum(axis=1)) - values[np.arange(len(values)), labels]


@pytest.mark.parametrize("part", [2, 100])
def test_gradients_of_convolutions_are_finite_differences(conv, images, context_of, monkeypatch, part):
    monkeypatch.setattr(_passes, "chunk_of", lambda probe: part)
    labels = np.array([0, 1, 2, 0, 1, 2])
    context = context_of(conv, Specification(images, Labels(labels)))
    means = mean_gradients(context, images, losses_of(context))
    squares = squared_gradients(context, images, losses_of(context))
    constants = dict(conv.graph.constants)
    norms = lga.scores(context)
    for layer, mean, square, norm in zip(context.layers, means, squares, norms, strict=True):
        shape = constants[layer.weight].shape
        slow = np.empty((6, *shape))
        for place in np.ndindex(shape):
            pair = [losses_with(conv, images, labels, constants, layer.weight, place, s) for s in (STEP, -STEP)]
            slow[(slice(None), *place)] = (pair[0] - pair[1]) / (2 * STEP)
        assert np.allclose(mean.ravel(), slow.mean(axis=0).ravel(), atol=1e-7)
        assert np.allclose(square.ravel(), (slow**2).mean(axis=0).ravel(), atol=1e-7)
        assert np.isclose(norm, np.mean([np.linalg.norm(each) for each in slow]))


def test_the_loss_of_a_single_output_is_that_of_a_logit():
    import torch

    found = cross_entropy(torch.tensor([[0.5], [0.5]], dtype=torch.float64), np.array([1, 0]))
    assert np.allclose(found, [-np.log(1 / (1 + np.exp(-0.5))), -np.log(1 / (1 + np.exp(0.5)))])


def test_where_no_classes_are_required_the_loss_is_what_a_point_misses(mlp, points, context_of):
    values = mlp.run(points).astype(float)
    low, high = np.full_like(values, -0.5), np.full_like(values, 0.5)
    context = context_of(mlp, Specification(points, Intervals(low, high)))
    (part,) = _passes.passes(context, points)
    worst = np.maximum(np.maximum(low - values, values - high).max(axis=1), 0)
    assert np.allclose(losses_of(context)(part.values, part.points), worst, atol=1e-5)
    assert list(violated(context)) == list(np.flatnonzero(worst > 0))

"""Effects of setting single units, one forward pass at a time."""

import numpy as np
import pytest

from netmend.repairs.weights.layer_choice._losses import violated
from netmend.repairs.weights.layer_choice.care import scores

pytest.importorskip("torch")
pytestmark = pytest.mark.torch


def test_scores_are_the_largest_effects(mlp, wrong, twin, context_of):
    context = context_of(mlp, wrong)
    points = violated(context)
    labels = wrong.requirement.labels[points]
    _, _, w1, b1 = twin.arrays

    def loss(values):
        return np.mean(np.log(np.exp(values).sum(axis=1)) - values[np.arange(len(values)), labels])

    hidden, values = twin.features(wrong.inputs[points])
    slow = []
    for features, rest in ((hidden, lambda each: each @ w1.T + b1), (values, lambda each: each)):
        effects = []
        for unit in range(features.shape[1]):
            met = []
            for level in np.arange(0.05, 1, 0.1):
                changed = features.copy()
                changed[:, unit] = np.quantile(features[:, unit], level)
                met.append(loss(rest(changed)))
            effects.append(max(met) - min(met))
        slow.append(max(effects))
    assert np.allclose(scores(context), slow)


def test_units_that_nothing_depends_on_have_no_effect(chain, wrong, context_of):
    network = chain((np.eye(4), np.ones(4)), (np.zeros((3, 4)), np.arange(3.0)))
    assert scores(context_of(network, wrong))[0] == 0


@pytest.mark.parametrize(
    ("last", "wanted"),
    [
        # One hidden unit moves two outputs apart; an output alone moves half as far.
        ([[1, 0, 0, 0], [-1, 0, 0, 0], [0, 0, 0, 0]], [0, 1]),
        # Four hidden units move one output; one of them alone moves it by a quarter.
        ([[1, 1, 1, 1], [0, 0, 0, 0], [0, 0, 0, 0]], [1, 0]),
    ],
)
def test_the_layer_with_the_strongest_unit_comes_first(chain, context_of, order, last, wanted):
    from netmend.repairs.weights.specification import Labels, Specification

    network = chain((np.eye(4), np.zeros(4)), (np.array(last), np.zeros(3)))
    inputs = np.outer(np.linspace(0.1, 2, 8), np.ones(4)).astype(np.float32)
    assert order(context_of(network, Specification(inputs, Labels(np.ones(8, np.int64)))), "care") == wanted


def test_places_of_a_channel_are_set_together(conv, context_of):
    from netmend.repairs.weights.specification import Labels, Specification

    images = np.random.default_rng(4).normal(size=(6, 2, 5, 5)).astype(np.float32)
    context = context_of(conv, Specification(images, Labels((conv.run(images).argmax(axis=1) + 1) % 3)))
    found = scores(context)
    assert found.shape == (2,) and np.all(found > 0)

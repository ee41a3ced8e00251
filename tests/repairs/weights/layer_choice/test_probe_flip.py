"""Ordinary predictions that one step changes, counted one by one."""

from dataclasses import replace

import numpy as np
import pytest

from netmend.repairs.weights.layer_choice.probe_flip import scores

pytest.importorskip("torch")
pytestmark = pytest.mark.torch


@pytest.fixture
def ordinary():
    return np.random.default_rng(2).normal(size=(80, 4)).astype(np.float32)


def test_scores_are_minus_the_share_of_changed_predictions(mlp, wrong, ordinary, context_of):
    context = context_of(mlp, wrong, ordinary)
    before = mlp.run(ordinary).argmax(axis=1)
    found = scores(context)
    for layer, score in zip(context.layers, found, strict=True):
        after = mlp.run(ordinary, context.probe(layer).changed).argmax(axis=1)
        assert np.isclose(-score, np.mean([one != other for one, other in zip(before, after, strict=True)]))
    assert found.min() < 0


def test_a_layer_without_a_step_has_no_score_and_one_that_changes_nothing_comes_first(
    mlp, wrong, ordinary, context_of, order
):
    context = context_of(mlp, wrong, ordinary)
    still = replace(context.probe(context.layers[0]), changed={})
    steps = {0: still, 1: context.probe(context.layers[1])}
    assert order(replace(context, probe=lambda layer: steps[layer.index]), "probe-flip") == [0, 1]
    assert np.isnan(scores(replace(context, probe=lambda layer: None))).all()

"""Variances of activations."""

import numpy as np
import pytest

from netmend.repairs.weights.layer_choice import _passes
from netmend.repairs.weights.layer_choice.act_var import scores

pytest.importorskip("torch")
pytestmark = pytest.mark.torch


@pytest.mark.parametrize("part", [3, 100])
def test_scores_are_mean_variances(mlp, wrong, twin, context_of, monkeypatch, part):
    monkeypatch.setattr(_passes, "chunk_of", lambda probe: part)
    slow = [np.mean([np.var(unit) for unit in each.T]) for each in twin.features(wrong.inputs)]
    assert np.allclose(scores(context_of(mlp, wrong)), slow)


def test_large_activations_that_do_not_vary_do_not_count(chain, wrong, context_of, order):
    network = chain((0.01 * np.eye(4), np.full(4, 100.0)), (10 * np.eye(3, 4), np.full(3, -1000.0)))
    assert order(context_of(network, wrong), "act-var") == [1, 0]
    assert order(context_of(network, wrong), "act-mag") == [0, 1]

"""The length of the first step, measured on what would be deployed."""

from dataclasses import replace

import numpy as np
import pytest

from netmend.repairs.weights.layer_choice.probe_norm import scores

pytest.importorskip("torch")
pytestmark = pytest.mark.torch


def test_scores_are_minus_the_lengths_of_the_changes(mlp, wrong, context_of, order):
    context = context_of(mlp, wrong)
    stored, slow = mlp.graph.constants, []
    for layer in context.layers:
        changed = context.probe(layer).changed
        slow.append(-np.sqrt(sum(np.sum((new.astype(float) - stored[name]) ** 2) for name, new in changed.items())))
    assert np.allclose(scores(context), slow, rtol=1e-4)
    assert order(context, "probe-norm") == list(np.argsort(slow)[::-1])


def test_a_layer_without_a_step_has_no_score(mlp, wrong, context_of):
    assert np.isnan(scores(replace(context_of(mlp, wrong), probe=lambda layer: None))).all()


def test_what_the_outputs_depend_on_more_needs_less(chain, wrong, context_of, order):
    network = chain((np.eye(4) * 1e-2, np.full(4, 1e-2)), (np.arange(12.0).reshape(3, 4) * 100, np.zeros(3)))
    assert order(context_of(network, wrong), "probe-norm") == [0, 1]

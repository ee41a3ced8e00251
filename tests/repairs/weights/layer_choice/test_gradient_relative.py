"""The gradient in proportion to the weight."""

import numpy as np
import pytest

from netmend.repairs.weights.layer_choice.gradient_relative import scores

pytest.importorskip("torch")
pytestmark = pytest.mark.torch


def test_scores_are_ratios_of_norms(mlp, wrong, twin, context_of):
    gradients = twin.gradients(wrong.inputs, wrong.requirement.labels)
    pairs = zip(gradients, twin.arrays[::2], strict=True)
    slow = [np.sqrt((gradient.mean(axis=0) ** 2).sum() / (weight**2).sum()) for gradient, weight in pairs]
    assert np.allclose(scores(context_of(mlp, wrong)), slow, atol=1e-7)


def test_a_layer_of_zeros_has_no_score_and_comes_last(chain, wrong, context_of, order):
    network = chain((np.eye(4), np.zeros(4)), (np.zeros((3, 4)), np.arange(3.0)))
    assert np.isnan(scores(context_of(network, wrong))[1])
    assert order(context_of(network, wrong), "gradient-relative") == [0, 1]
    assert order(context_of(network, wrong), "gradient") == [1, 0]

"""The gradient for each weight."""

import numpy as np
import pytest

from netmend.repairs.weights.layer_choice.gradient_rms import scores

pytest.importorskip("torch")
pytestmark = pytest.mark.torch


def test_scores_are_root_mean_squares(mlp, wrong, twin, context_of):
    slow = [np.sqrt(np.mean(each.mean(axis=0) ** 2)) for each in twin.gradients(wrong.inputs, wrong.requirement.labels)]
    assert np.allclose(scores(context_of(mlp, wrong)), slow, atol=1e-7)


def test_many_weights_with_small_gradients_do_not_add_up(chain, context_of, order):
    from netmend.repairs.weights.specification import Labels, Specification

    # By hand: 400 gradients of 0.8 * 1.5 in the first layer, 40 of 1.5 in the last.
    network = chain((np.full((20, 20), 0.05), np.zeros(20)), (np.full((2, 20), 0.4) * [[1], [-1]], np.zeros(2)))
    specification = Specification(np.full((1, 20), 1.5, np.float32), Labels(np.array([1])))
    assert np.allclose(scores(context_of(network, specification)), [1.2, 1.5])
    assert order(context_of(network, specification), "gradient") == [0, 1]
    assert order(context_of(network, specification), "gradient-rms") == [1, 0]

"""Gradients of single points, against finite differences."""

import numpy as np
import pytest

from netmend.repairs.weights.layer_choice.lga import scores

pytest.importorskip("torch")
pytestmark = pytest.mark.torch


def test_scores_are_mean_norms(mlp, wrong, twin, context_of):
    singles = twin.gradients(wrong.inputs, wrong.requirement.labels)
    slow = [np.mean([np.linalg.norm(one) for one in each]) for each in singles]
    assert np.allclose(scores(context_of(mlp, wrong)), slow, atol=1e-7)


def test_opposite_pulls_do_not_cancel(chain, context_of):
    from netmend.repairs.weights.layer_choice.gradient import scores as means
    from netmend.repairs.weights.specification import Labels, Specification

    network = chain((np.eye(2), np.zeros(2)), (np.zeros((2, 2)), np.zeros(2)))
    pair = Specification(np.ones((2, 2), np.float32), Labels(np.array([0, 1])))
    assert np.allclose(means(context_of(network, pair)), 0) and np.isclose(scores(context_of(network, pair))[1], 1)


def test_what_the_outputs_depend_on_most_comes_first(chain, wrong, context_of, order):
    network = chain((1e-3 * np.eye(4), np.zeros(4)), (100 * np.eye(3, 4), np.zeros(3)))
    assert order(context_of(network, wrong), "lga") == [0, 1]

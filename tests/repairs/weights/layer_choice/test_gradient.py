"""The gradient of the loss, against finite differences."""

import numpy as np
import pytest

from netmend.repairs.weights.layer_choice.gradient import scores

pytest.importorskip("torch")
pytestmark = pytest.mark.torch


def test_scores_are_norms_of_the_mean_gradient(mlp, wrong, twin, context_of):
    slow = [np.linalg.norm(each.mean(axis=0)) for each in twin.gradients(wrong.inputs, wrong.requirement.labels)]
    assert np.allclose(scores(context_of(mlp, wrong)), slow, atol=1e-7)


@pytest.mark.parametrize(("first", "last", "wanted"), [(1e-3, 100, [0, 1]), (1, 1e-6, [1, 0])])
def test_what_the_outputs_depend_on_most_comes_first(chain, wrong, context_of, order, first, last, wanted):
    network = chain((first * np.eye(4), np.zeros(4)), (last * np.eye(3, 4), np.zeros(3)))
    assert order(context_of(network, wrong), "gradient") == wanted

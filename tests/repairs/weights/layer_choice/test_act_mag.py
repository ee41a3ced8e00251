"""Mean absolute activations."""

import numpy as np
import pytest

from netmend.repairs.weights.layer_choice.act_mag import scores

pytest.importorskip("torch")
pytestmark = pytest.mark.torch


def test_scores_are_means_of_absolute_activations(mlp, wrong, twin, context_of):
    slow = [np.abs(each).mean() for each in twin.features(wrong.inputs)]
    assert np.allclose(scores(context_of(mlp, wrong)), slow)


@pytest.mark.parametrize(("first", "last", "wanted"), [(10, 0.01, [0, 1]), (0.01, 1000, [1, 0])])
def test_the_layer_with_the_larger_weights_comes_first(chain, wrong, context_of, order, first, last, wanted):
    network = chain((first * np.eye(4), np.zeros(4)), (last * np.eye(3, 4), np.zeros(3)))
    assert order(context_of(network, wrong), "act-mag") == wanted

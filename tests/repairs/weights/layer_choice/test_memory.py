"""Bytes of a repair."""

import numpy as np
import pytest

from netmend.repairs.weights.layer_choice.memory import scores

pytest.importorskip("torch")
pytestmark = pytest.mark.torch


def test_a_layer_takes_at_least_its_weights_and_its_cached_inputs(mlp, wrong, context_of):
    context = context_of(mlp, wrong)
    least = [8 * (layer.size + len(wrong) * layer.in_features) for layer in context.layers]
    assert np.all(-scores(context) > least)


def test_the_narrower_layer_comes_first(chain, wrong, context_of, order):
    wide = chain((np.ones((500, 4)), np.zeros(500)), (np.ones((3, 500)), np.zeros(3)))
    assert order(context_of(wide, wrong), "memory") == [1, 0]

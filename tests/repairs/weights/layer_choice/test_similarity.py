"""Cosines of pairs of activations."""

import numpy as np
import pytest

from netmend.repairs.weights.layer_choice.similarity import scores

pytest.importorskip("torch")
pytestmark = pytest.mark.torch


def test_scores_are_means_over_pairs(mlp, wrong, twin, context_of):
    slow = []
    for each in twin.features(wrong.inputs):
        pairs = [(a, b) for a in range(8) for b in range(a)]
        slow.append(np.mean([each[a] @ each[b] / np.linalg.norm(each[a]) / np.linalg.norm(each[b]) for a, b in pairs]))
    assert np.allclose(scores(context_of(mlp, wrong)), slow)


def test_a_large_common_part_makes_points_alike(chain, wrong, context_of, order):
    network = chain((np.eye(4), np.full(4, 100.0)), (np.eye(3, 4), np.full(3, -100.0)))
    assert order(context_of(network, wrong), "similarity") == [0, 1]


def test_one_point_is_like_no_other(mlp, wrong, context_of):
    assert np.isnan(scores(context_of(mlp, wrong.select(np.array([0]))))).all()

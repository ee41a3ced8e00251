"""Effective ranks of inputs."""

import numpy as np
import pytest

from netmend.repairs.weights.layer_choice.effective_rank import scores

pytest.importorskip("torch")
pytestmark = pytest.mark.torch


def test_scores_are_entropies_of_the_covariance(mlp, wrong, twin, context_of):
    slow = []
    for each in (wrong.inputs.astype(float), twin.features(wrong.inputs)[0]):
        shares = np.linalg.eigvalsh(np.cov(each.T))
        shares = shares[shares > 1e-12] / shares.sum()
        slow.append(np.exp(-sum(share * np.log(share) for share in shares)))
    assert np.allclose(scores(context_of(mlp, wrong)), slow)


def test_a_layer_behind_a_bottleneck_comes_last(chain, wrong, context_of, order):
    network = chain((np.outer([1, 1, 1, 1], [1, 2, 3, 4]), np.full(4, 100.0)), (np.eye(3, 4), np.zeros(3)))
    assert np.isclose(scores(context_of(network, wrong))[1], 1)
    assert order(context_of(network, wrong), "effective-rank") == [0, 1]

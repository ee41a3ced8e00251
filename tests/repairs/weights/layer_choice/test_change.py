"""Changes by a corruption."""

import numpy as np
import pytest

from netmend.core.errors import UsageError
from netmend.repairs.weights.layer_choice.change import scores

pytest.importorskip("torch")
pytestmark = pytest.mark.torch


def test_scores_are_mean_relative_distances_of_pairs(mlp, wrong, twin, context_of):
    clean = wrong.inputs + np.random.default_rng(5).normal(size=wrong.inputs.shape).astype(np.float32)
    pairs = zip(twin.features(wrong.inputs), twin.features(clean), strict=True)
    slow = [np.mean([np.linalg.norm(x - y) / np.linalg.norm(y) for x, y in zip(*pair, strict=True)]) for pair in pairs]
    assert np.allclose(scores(context_of(mlp, wrong, clean=clean)), slow)


def test_where_a_corruption_is_amplified_comes_first(chain, wrong, context_of, order):
    network = chain((np.diag([1, 0.01, 1, 1]), np.zeros(4)), (np.diag([1, 1000, 1, 0])[:3], np.zeros(3)))
    clean = np.abs(wrong.inputs)
    wrong_ones = clean + np.array([0, 1, 0, 0], np.float32)
    from dataclasses import replace

    assert order(context_of(network, replace(wrong, inputs=wrong_ones), clean=clean), "change") == [1, 0]


@pytest.mark.parametrize("name", ["change", "causal-tracing"])
def test_without_pairs_it_is_refused(mlp, wrong, context_of, order, name):
    with pytest.raises(UsageError) as raised:
        order(context_of(mlp, wrong), name)
    assert "corrupted" in str(raised.value) and "clean" in raised.value.hint

"""Kernels, combinations and inner products against gradients written out."""

import numpy as np
import pytest

from netmend.repairs.weights.block import Change
from netmend.repairs.weights.metric import Metric, covariance
from netmend.repairs.weights.rows import Factored, Gradients, Written

RANDOM = np.random.default_rng(0)
POINTS = np.array([0, 2, 2, 1])
MOMENT = np.cov(RANDOM.normal(size=(5, 40)))[None]


def factored(metric):
    inputs = RANDOM.normal(size=(3, 1, 5))
    return Factored(RANDOM.normal(size=(4, 2)), metric.whitened(inputs)[:, 0], POINTS)


def gradients(kind, metric):
    own = factored(metric)
    weights = own if kind == "factored" else Written(own.dense(), (1, 2, 5))
    if kind == "sparse":
        from scipy import sparse

        weights = Written(sparse.csr_matrix(own.dense()), (1, 2, 5))
    return Gradients(RANDOM.normal(size=4), weights, RANDOM.normal(size=(4, 3)), metric)


@pytest.mark.parametrize("metric", [Metric(), covariance(MOMENT)])
@pytest.mark.parametrize("kind", ["factored", "written", "sparse"])
def test_everything_follows_from_the_gradients(kind, metric):
    found = gradients(kind, metric)
    rows = found.dense()
    assert np.allclose(found.kernel(), rows @ rows.T)
    multipliers = RANDOM.normal(size=4)
    change = found.combined(multipliers)
    assert np.allclose(found.along(change), found.kernel() @ multipliers)
    norm = metric.norm(change.matrix, change.biases)
    assert np.isclose(norm**2, multipliers @ found.kernel() @ multipliers)


@pytest.mark.parametrize("kind", ["factored", "written", "sparse"])
def test_rows_can_be_left_out_and_put_together(kind):
    found = gradients(kind, Metric())
    again = found.select(np.array([0, 1])).joined(found.select(np.array([2, 3])))
    assert np.allclose(again.kernel(), found.kernel()) and np.allclose(again.dense(), found.dense()) and len(again) == 4


def test_inner_products_with_any_change_are_plain_without_a_metric():
    found = gradients("factored", Metric())
    change = Change(RANDOM.normal(size=(1, 2, 5)), RANDOM.normal(size=3))
    assert np.allclose(found.along(change), found.dense() @ np.concatenate([change.matrix.ravel(), change.biases]))

"""Root mean squared error against scikit-learn and by hand."""

import numpy as np
import pytest

from netmend.training.metrics.root_mean_squared_error import ROOT_MEAN_SQUARED_ERROR


def test_it_agrees_with_scikit_learn():
    metrics = pytest.importorskip("sklearn.metrics")
    rng = np.random.default_rng(0)
    truth = 5 * rng.standard_normal(50) + 3
    answers = truth + rng.standard_normal(50)
    assert ROOT_MEAN_SQUARED_ERROR.compute(truth, answers) == pytest.approx(
        metrics.mean_squared_error(truth, answers) ** 0.5
    )


def test_it_is_in_units_of_the_target():
    assert ROOT_MEAN_SQUARED_ERROR.compute(np.zeros(4), np.full(4, 3.0)) == 3.0

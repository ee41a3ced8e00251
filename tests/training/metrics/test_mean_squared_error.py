"""Mean squared error against scikit-learn and by hand."""

import numpy as np
import pytest

from netmend.training.metrics.mean_squared_error import MEAN_SQUARED_ERROR


@pytest.mark.parametrize("columns", [1, 3])
def test_it_agrees_with_scikit_learn(columns):
    metrics = pytest.importorskip("sklearn.metrics")
    rng = np.random.default_rng(0)
    truth = 5 * rng.standard_normal((50, columns)) + 3
    answers = truth + rng.standard_normal((50, columns))
    assert MEAN_SQUARED_ERROR.compute(truth, answers) == pytest.approx(metrics.mean_squared_error(truth, answers))


def test_an_overflow_is_infinite():
    assert MEAN_SQUARED_ERROR.compute(np.zeros(2), np.full(2, 1e200)) == np.inf

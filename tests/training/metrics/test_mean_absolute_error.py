"""Mean absolute error against scikit-learn and by hand."""

import numpy as np
import pytest

from netmend.training.metrics.mean_absolute_error import MEAN_ABSOLUTE_ERROR


@pytest.mark.parametrize("columns", [1, 3])
def test_it_agrees_with_scikit_learn(columns):
    metrics = pytest.importorskip("sklearn.metrics")
    rng = np.random.default_rng(0)
    truth = 5 * rng.standard_normal((50, columns)) + 3
    answers = truth + rng.standard_normal((50, columns))
    assert MEAN_ABSOLUTE_ERROR.compute(truth, answers) == pytest.approx(metrics.mean_absolute_error(truth, answers))


def test_whole_numbers_do_not_wrap_around():
    assert MEAN_ABSOLUTE_ERROR.compute(np.uint8([1, 2]), np.uint8([2, 4])) == 1.5

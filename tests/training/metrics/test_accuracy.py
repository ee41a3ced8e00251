"""Accuracy against scikit-learn and by hand."""

import numpy as np
import pytest

from netmend.training.metrics.accuracy import ACCURACY


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.filterwarnings("ignore:y_pred contains classes")
def test_it_agrees_with_scikit_learn(seed):
    metrics = pytest.importorskip("sklearn.metrics")
    rng = np.random.default_rng(seed)
    truth = rng.choice(4, size=60, p=[0.6, 0.2, 0.15, 0.05])
    answers = np.where(rng.random(60) < 0.5, truth, rng.choice(5, size=60))  # class 4 is only ever predicted
    assert ACCURACY.compute(truth, answers) == pytest.approx(metrics.accuracy_score(truth, answers))


def test_it_is_the_share_of_right_answers():
    assert ACCURACY.compute(np.array([0, 1, 2, 2]), np.array([0, 1, 1, 2])) == 0.75

"""F1 against scikit-learn and by hand."""

import numpy as np
import pytest

from netmend.training.metrics.f1 import F1


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.filterwarnings("ignore:y_pred contains classes")
def test_it_agrees_with_scikit_learn(seed):
    metrics = pytest.importorskip("sklearn.metrics")
    rng = np.random.default_rng(seed)
    truth = rng.choice(4, size=60, p=[0.6, 0.2, 0.15, 0.05])
    answers = np.where(rng.random(60) < 0.5, truth, rng.choice(5, size=60))  # class 4 is only ever predicted
    assert F1.compute(truth, answers) == pytest.approx(metrics.f1_score(truth, answers, average="macro"))


def test_a_class_that_is_never_predicted_scores_nothing():
    truth = np.array([0, 0, 0, 1])
    assert F1.compute(truth, np.zeros(4)) == pytest.approx((2 * 0.75 / 1.75) / 2)

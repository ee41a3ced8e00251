"""R2 against scikit-learn and by hand."""

import numpy as np
import pytest

from netmend.training.metrics.r2 import R2


@pytest.mark.parametrize("columns", [1, 3])
def test_it_agrees_with_scikit_learn(columns):
    metrics = pytest.importorskip("sklearn.metrics")
    rng = np.random.default_rng(0)
    truth = 5 * rng.standard_normal((50, columns)) + 3
    answers = truth + rng.standard_normal((50, columns))
    assert R2.compute(truth, answers) == pytest.approx(metrics.r2_score(truth, answers))


@pytest.mark.parametrize("answers", [[2.0, 2.0, 2.0], [2.0, 2.0, 3.0]])
def test_a_truth_that_does_not_vary_is_scored_as_scikit_learn_does(answers):
    metrics = pytest.importorskip("sklearn.metrics")
    truth = np.full(3, 2.0)
    assert R2.compute(truth, np.array(answers)) == metrics.r2_score(truth, answers)


def test_always_answering_the_mean_scores_nothing():
    truth = np.array([1.0, 2.0, 6.0])
    assert R2.compute(truth, np.full(3, 3.0)) == 0.0

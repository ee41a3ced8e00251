import math
import random
from itertools import combinations

import pytest

from netmend.mutation.killing import SELECTED_FACTOR, SELECTED_SHARE, Status, cohens_d, decide
from netmend.training.metrics._base import metric_named

ACCURACY, ERROR = metric_named("accuracy"), metric_named("mean-absolute-error")


def enumerated(original, mutant, higher_is_better):
    """P-value by going through every way in which the mutant's runs could have been drawn from all runs."""
    values = [-math.inf if value is None else value if higher_is_better else -value for value in (*original, *mutant)]

    def wins(chosen):
        mine = [values[at] for at in chosen]
        theirs = [values[at] for at in range(len(values)) if at not in chosen]
        return sum((a < b) + 0.5 * (a == b) for a in mine for b in theirs)

    seen = wins(range(len(original), len(values)))
    draws = list(combinations(range(len(values)), len(mutant)))
    return sum(wins(draw) >= seen for draw in draws) / len(draws)


@pytest.mark.parametrize("metric", [ACCURACY, ERROR], ids=lambda metric: metric.name)
@pytest.mark.parametrize("seed", range(12))
def test_the_decision_is_that_of_enumeration(metric, seed):
    chance = random.Random(seed)
    original = [round(chance.uniform(0.6, 0.9), 2) for _ in range(chance.randint(4, 6))]
    mutant = [round(chance.uniform(0.5, 0.9), 1) for _ in range(chance.randint(4, 6))]
    if seed % 3 == 0:
        mutant[0] = None
    found = decide(original, mutant, metric)
    p = enumerated(original, mutant, metric.higher_is_better)
    old, new = original, [score for score in mutant if score is not None]
    means = sum(old) / len(old), sum(new) / len(new)
    variance = (sum((s - means[0]) ** 2 for s in old) + sum((s - means[1]) ** 2 for s in new)) / (
        len(old) + len(new) - 2
    )
    d = (means[0] - means[1]) / math.sqrt(variance) * (1 if metric.higher_is_better else -1)
    assert found.p == pytest.approx(p)
    assert found.d == pytest.approx(d)
    assert found.status is (Status.KILLED if p < 0.05 and d >= 0.5 else Status.SURVIVED)


def test_both_outcomes_occur_among_these_samples():
    """Else the enumeration above would have compared little."""
    chance = random.Random(5)
    original = [0.9 + chance.uniform(-0.01, 0.01) for _ in range(5)]
    assert decide(original, [score - 0.05 for score in original], ACCURACY).status is Status.KILLED
    assert decide(original, original, ACCURACY).status is Status.SURVIVED


def test_without_variance_the_means_alone_decide_the_effect():
    assert cohens_d([0.1] * 5, [0.1] * 5, higher_is_better=True) == 0
    assert cohens_d([0.9] * 5, [0.1] * 5, higher_is_better=True) == math.inf
    assert cohens_d([0.9] * 5, [0.1] * 5, higher_is_better=False) == -math.inf
    assert decide([1.0] * 5, [0.5] * 5, ACCURACY).status is Status.KILLED
    assert decide([1.0] * 5, [1.0] * 5, ACCURACY).status is Status.SURVIVED


def test_a_better_mutant_survives():
    assert decide([0.5] * 5, [0.9] * 5, ACCURACY).status is Status.SURVIVED
    assert decide([0.9, 0.91, 0.92, 0.93, 0.94], [0.5, 0.51, 0.52, 0.53, 0.54], ERROR).status is Status.SURVIVED


def test_a_significant_but_small_effect_survives():
    original = [0.5 + 0.02 * step for step in range(30)]
    mutant = [score - 0.07 for score in original]
    found = decide(original, mutant, ACCURACY)
    assert found.p < 0.1 and found.d < 0.5
    assert found.status is Status.SURVIVED


def test_what_mostly_fails_does_not_train_and_is_not_called_killed():
    assert decide([0.9] * 4, [None] * 4, ACCURACY).status is Status.DOES_NOT_TRAIN
    assert decide([0.9] * 4, [None, None, 0.5, 0.5], ACCURACY).status is Status.DOES_NOT_TRAIN
    assert decide([0.9] * 5, [None, 0.5, 0.5, 0.5, 0.5], ACCURACY).status is Status.KILLED


@pytest.mark.parametrize(
    ("metric", "original", "mutant", "selected"),
    [
        (ACCURACY, 1.0, SELECTED_SHARE[0], True),
        (ACCURACY, 1.0, SELECTED_SHARE[1], True),
        (ACCURACY, 1.0, 0.86, False),
        (ACCURACY, 1.0, 0.09, False),
        (ERROR, 2.0, 2.0 * SELECTED_FACTOR[0], True),
        (ERROR, 2.0, 2.0 * SELECTED_FACTOR[1], True),
        (ERROR, 2.0, 2.9, False),
        (ERROR, 2.0, 10.1, False),
    ],
)
def test_the_selection_keeps_what_is_neither_hopeless_nor_hardly_worse(metric, original, mutant, selected):
    found = decide([original] * 5, [mutant] * 5, metric)
    assert found.status is Status.KILLED
    assert found.selected is selected


def test_a_survivor_is_never_selected():
    assert not decide([0.9, 0.1, 0.9, 0.1], [0.5, 0.4, 0.6, 0.5], ACCURACY).selected

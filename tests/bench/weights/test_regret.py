import math

import pytest
from scipy.stats import spearmanr

from bench.weights.regret import BRUTE, EVEN, choices, spearman, sweeps

KEY = {"subject": "net", "fault": "fog", "size": "10", "seed": "0", "norm": "l2"}


def asked(heuristic, order, seconds=3):
    return {**KEY, "heuristic": heuristic, "order": order, "seconds": str(seconds)}


@pytest.fixture
def swept(row):
    return [
        row(0, 0.03, choosing_drawdown=0.01, generalisation=0.5),
        row(1, 0.01, choosing_drawdown=0.02, generalisation=0.2),
        row(2, 0.02, choosing_drawdown=0.03, generalisation=0.4),
    ]


def by_name(rows, said):
    return {one.heuristic: one for one in choices(rows, said)}


def test_regret_is_what_the_edited_layer_loses_against_the_best(swept):
    found = by_name(swept, [asked("good", "1 2 0"), asked("bad", "0 2 1")])
    assert found["good"].drawdown == 0 and found["good"].first == 1 and found["good"].correlation == 1
    assert found["bad"].drawdown == pytest.approx(2) and found["bad"].first == 0 and found["bad"].correlation == -1
    assert found["good"].generalisation == pytest.approx(30) and found["bad"].generalisation == 0
    assert found["good"].share == 3 / 6
    assert (found["good"].reached, found["bad"].reached) == (1, 3)


def test_brute_force_goes_by_the_inputs_for_choosing_alone(swept):
    assert by_name(swept, [asked("some", "0 1 2")])[BRUTE].drawdown == pytest.approx(2)
    assert by_name(swept, [asked("some", "0 1 2")])[BRUTE].share == 1


def test_any_layer_is_the_mean_over_layers(swept):
    assert by_name(swept, [asked("some", "0 1 2")])[EVEN].drawdown == pytest.approx((2 + 0 + 1) / 3)
    assert by_name(swept, [asked("some", "0 1 2")])[EVEN].first == pytest.approx(1 / 3)


def test_a_layer_that_could_not_be_repaired_is_passed_over(row):
    rows = [row(0, 0.0, shown=0.9), row(1, 0.02, choosing_drawdown=0), row(2, 0.01)]
    found = by_name(rows, [asked("named", "0 1 2")])
    assert found["named"].drawdown == pytest.approx(1) and math.isnan(found["named"].correlation)
    none = [row(at, "", shown="", choosing_drawdown="", generalisation="") for at in range(3)]
    assert not choices(none, [asked("named", "0 1 2")])


def test_a_sweep_with_a_layer_missing_is_no_ground_truth(swept):
    assert not sweeps(swept[:2]) and len(sweeps(swept)) == 1


def test_the_rank_correlation_is_that_of_scipy():
    one, other = [3.0, 1.0, 2.0, 2.0, 5.0], [1.0, 2.0, 2.0, 4.0, 9.0]
    assert spearman(one, other) == pytest.approx(spearmanr(one, other).statistic)
    assert math.isnan(spearman([1, 2], [1, 2])) and math.isnan(spearman([1, 1, 1], [1, 2, 3]))

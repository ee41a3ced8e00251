import math
from itertools import pairwise

import pytest

from bench.architecture.statistics import (
    Changed,
    clipped,
    deviation,
    f_score,
    holm,
    improvement_rate,
    operators_found,
    published_significance,
    recall_precision,
    significance,
    values_recovered,
)

RATE = Changed("learning-rate", None, "0.01")
LOSS = Changed("loss", None, "mean_squared_error")


@pytest.mark.parametrize(("patched", "rate"), [(0.5, 0.0), (0.9, 1.0), (0.7, 0.5), (0.4, -0.25)])
def test_the_improvement_rate_is_the_share_of_the_way_to_the_fix(patched, rate):
    assert improvement_rate(0.5, 0.9, patched) == pytest.approx(rate)


def test_it_needs_no_direction_because_the_fix_gives_it():
    assert improvement_rate(6.0, 1.0, 2.0) == pytest.approx(0.8)


def test_a_fix_that_changes_nothing_has_no_rate():
    with pytest.raises(ValueError, match="the same"):
        improvement_rate(0.5, 0.5, 0.7)


@pytest.mark.parametrize(("rate", "expected"), [(3.0, 1.0), (-1.0, 0.0), (0.3, 0.3), (math.nan, 0.0)])
def test_a_clipped_rate_lies_between_nothing_and_all(rate, expected):
    assert clipped(rate) == expected


def test_one_repeat_has_no_deviation():
    assert deviation([0.4]) == 0.0


def test_the_deviation_is_that_of_the_whole_population():
    assert deviation([1.0, 3.0]) == 1.0


def test_holm_rejects_as_stepping_down_by_hand_does():
    # 0.01 <= 0.05/4, 0.015 <= 0.05/3, 0.03 > 0.05/2: the third and all after it stay.
    assert holm({"a": 0.03, "b": 0.01, "c": 0.2, "d": 0.015}) == {"b", "d"}


def test_holm_never_rejects_more_than_no_correction_and_never_less_than_bonferroni():
    values = {str(n): p for n, p in enumerate([0.001, 0.008, 0.012, 0.02, 0.04, 0.5])}
    plain = {name for name, p in values.items() if p <= 0.05}
    bonferroni = {name for name, p in values.items() if p <= 0.05 / len(values)}
    assert bonferroni <= holm(values) <= plain


def test_unpaired_significance_does_not_depend_on_the_order_of_runs():
    faulty, patched = [0.1, 0.2, 0.3, 0.4], [0.35, 0.5, 0.6, 0.7]
    found = {significance(faulty, order, higher_is_better=True) for order in (patched, patched[::-1])}
    assert len(found) == 1


def test_failed_runs_count_against_a_patch():
    faulty = [0.1, 0.2, 0.3, 0.4, 0.5]
    ps = [significance(faulty, [0.9] * (5 - n) + [None] * n, higher_is_better=True) for n in range(4)]
    assert all(less < more for less, more in pairwise(ps))


def test_the_published_test_rounds_before_it_compares():
    faulty = [0.184] * 10
    assert published_significance(faulty, [0.1843] * 10) == 1.0  # equal once both are rounded
    assert published_significance([0.1851] * 10, [0.1849] * 10) < 0.05  # 0.0002 apart, but rounded apart


def test_operators_found_are_counted_against_the_faulty_program():
    assert operators_found([RATE, LOSS], [RATE]) == 1.0  # a patch equal to the truth, and more, finds all of it
    assert operators_found([LOSS], [RATE]) == 0.0


def test_a_value_is_recovered_only_if_it_is_exactly_that():
    near = Changed("learning-rate", None, "0.1")
    assert operators_found([near], [RATE]) == 1.0
    assert values_recovered([near], [RATE]) == 0.0


def test_the_best_matching_fix_counts():
    assert recall_precision({"a", "b"}, [{"x"}, {"a"}]) == (1.0, 0.5)
    assert recall_precision(set(), [{"x"}]) == (0.0, 0.0)


def test_f3_weighs_recall_more_than_precision():
    assert f_score(0.9, 0.3) > f_score(0.3, 0.9)
    assert f_score(0.5, 0.5) == pytest.approx(0.5)

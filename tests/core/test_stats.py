"""The exact rank test against brute force over every assignment, and against what it promises."""

import itertools
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from netmend.core.stats import equivalent, mean, not_worse, runs_needed, smallest_p, superiority

scores = st.lists(st.one_of(st.none(), st.integers(0, 5).map(float)), min_size=1, max_size=5)


def brute_force(before, after):
    """Share of all relabellings whose U statistic is at least the observed one, counted pair by pair."""

    def u(old, new):
        def key(value):
            return -1.0 if value is None else value

        return sum((key(b) > key(a)) + 0.5 * (key(b) == key(a)) for a in old for b in new)

    values = list(before) + list(after)
    observed = u(before, after)
    hits = total = 0
    for chosen in itertools.combinations(range(len(values)), len(after)):
        new = [values[i] for i in chosen]
        old = [values[i] for i in range(len(values)) if i not in chosen]
        hits += u(old, new) >= observed - 1e-12
        total += 1
    return hits / total, observed / (len(before) * len(after))


@settings(max_examples=150, deadline=None, derandomize=True)
@given(scores, scores)
def test_p_value_and_effect_equal_those_of_brute_force(before, after):
    test = superiority(before, after, higher_is_better=True)
    p, effect = brute_force(before, after)
    assert test.p == pytest.approx(p)
    assert test.effect == pytest.approx(effect)


@settings(max_examples=50, deadline=None, derandomize=True)
@given(scores, scores)
def test_lower_is_better_is_the_same_test_on_negated_scores(before, after):
    negated = [[None if v is None else -v for v in side] for side in (before, after)]
    assert superiority(before, after, higher_is_better=False).p == superiority(*negated, higher_is_better=True).p


def test_complete_separation_reaches_the_smallest_p():
    assert superiority([1, 2, 3], [4, 5, 6], higher_is_better=True).p == pytest.approx(smallest_p(3, 3)) == 1 / 20


def test_a_failed_run_ranks_below_every_score():
    assert superiority([None, None], [-1e9, -1e9], higher_is_better=True).effect == 1
    assert superiority([1.0, 1.0], [float("nan"), None], higher_is_better=True).effect == 0


def test_no_variance_at_all_needs_no_special_rule():
    assert superiority([1.0] * 5, [1.0] * 5, higher_is_better=True).p == 1
    assert superiority([1.0] * 5, [2.0] * 5, higher_is_better=True).p == pytest.approx(1 / 252)


def test_equal_samples_are_called_better_no_more_often_than_alpha():
    generator = random.Random(0)
    draws = [[round(generator.gauss(0.9, 0.02), 2) for _ in range(10)] for _ in range(2000)]
    rate = sum(superiority(d[:5], d[5:], higher_is_better=True).p < 0.05 for d in draws) / len(draws)
    assert rate <= 0.05 + 3 * (0.05 * 0.95 / 2000) ** 0.5


def test_a_large_effect_is_found_with_five_runs_each():
    generator = random.Random(1)
    found = [
        superiority(
            [generator.gauss(0, 1) for _ in range(5)], [generator.gauss(3, 1) for _ in range(5)], higher_is_better=True
        ).p
        < 0.05
        for _ in range(500)
    ]
    assert sum(found) / 500 > 0.9


def test_few_runs_never_show_that_a_patch_is_not_worse():
    assert not_worse([0.9, 0.9], [0.9, 0.9], margin=0.01, higher_is_better=True) > 0.05
    assert not_worse([0.9] * 5, [0.9] * 5, margin=0.01, higher_is_better=True) < 0.05


def test_worse_by_more_than_the_margin_is_not_equivalent():
    assert equivalent([0.90] * 5, [0.93] * 5, margin=0.02) == 1
    assert equivalent([0.90] * 5, [0.91] * 5, margin=0.02) < 0.05


def test_runs_needed_reaches_alpha_and_one_less_does_not():
    for before in range(3, 12):
        needed = runs_needed(before, 0.05)
        assert smallest_p(before, needed) <= 0.05
        assert needed == 1 or smallest_p(before, needed - 1) > 0.05


def test_mean_leaves_failed_runs_out():
    assert mean([1.0, None, float("inf"), 3.0]) == 2.0
    assert mean([None]) != mean([None])


def test_an_empty_sample_is_refused():
    with pytest.raises(ValueError, match="at least one run"):
        superiority([], [1.0], higher_is_better=True)

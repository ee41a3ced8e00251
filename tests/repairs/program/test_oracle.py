"""What the oracle accepts and what it refuses, on samples made by hand."""

from pathlib import Path

import pytest

from netmend.core.records import Draw, Outcome, Purpose
from netmend.repairs.program.evidence import Evidence, SeededRun
from netmend.repairs.program.oracle import Oracle
from netmend.training.evaluation import Scores
from netmend.training.metrics._base import metric_named
from netmend.training.runs import RunResult
from netmend.training.trace import Evaluation, RunEnd, Trace

ACCURACY, MAE = metric_named("accuracy"), metric_named("mae")


def sample(search, report=None, *, purpose=Purpose.SCREEN, effort=1.0, metric=ACCURACY, trivial=0.1, **more):
    """Evidence with these scores; None is a run that crashed."""
    report = search if report is None else report
    runs = []
    for seed, (one, other) in enumerate(zip(search, report, strict=True)):
        crashed = one is None
        trace = Trace("keras", "torch", seed, evaluation=Evaluation("evaluate", Path("x.npz"), 100))
        result = RunResult(
            RunEnd.CRASHED if crashed else RunEnd.FINISHED,
            "ValueError: no" if crashed else "",
            1.0,
            1.0,
            0.0,
            1 if crashed else 0,
            Path("log"),
            None if crashed else trace,
        )
        scores = None if crashed else Scores(one, other, trivial, trivial, 50, 50)
        runs.append(SeededRun(seed, result, scores))
    return Evidence(Draw(purpose, tuple(range(len(search))), effort), tuple(runs), metric, **more)


BEFORE = sample([0.30, 0.35, 0.28, 0.33, 0.31])
GOOD = [0.95, 0.96, 0.94, 0.97, 0.95]


def judge(after, goal=None, before=BEFORE, metric=ACCURACY):
    return Oracle(metric, goal).judge(before, after)


def test_a_clear_gain_is_an_improvement_and_meets_a_goal_it_reaches():
    assert judge(sample(GOOD)).outcome is Outcome.IMPROVED
    assert not judge(sample(GOOD)).accepted
    assert judge(sample(GOOD), goal=0.9).outcome is Outcome.PLAUSIBLE
    assert judge(sample(GOOD), goal=0.9).accepted
    assert judge(sample(GOOD), goal=0.99).outcome is Outcome.IMPROVED


def test_the_goal_must_hold_in_most_runs_and_not_in_the_mean_alone():
    uneven = [1.0, 1.0, 1.0, 0.80, 0.80]
    assert sum(uneven) / 5 >= 0.9
    verdict = judge(sample(uneven), goal=0.9)
    assert verdict.outcome is Outcome.IMPROVED
    assert verdict.sentence.endswith("the goal 0.9 is met on average, but in 3 of 5 runs only")


def test_a_perfect_score_without_a_goal_ends_the_search():
    assert judge(sample([1.0] * 5)).accepted


def test_the_same_again_has_no_effect():
    assert judge(sample([0.31, 0.30, 0.33, 0.29, 0.34])).outcome is Outcome.NO_EFFECT


def test_worse_is_harmful():
    assert judge(sample([0.1] * 5)).outcome is Outcome.HARMFUL


def test_a_gain_too_small_to_matter_is_no_improvement_however_significant():
    before = sample([0.900, 0.900, 0.901, 0.900, 0.901])
    after = sample([0.905, 0.905, 0.906, 0.905, 0.905])
    verdict = judge(after, before=before)
    assert verdict.outcome is Outcome.NO_EFFECT
    assert "too small" in verdict.sentence


def test_better_runs_with_a_worse_mean_are_not_called_a_gain():
    """Nine of ten runs are better, and the tenth is so bad that the mean is lower."""
    before, after = sample([0.80 + 0.001 * run for run in range(10)]), sample([0.85] * 9 + [0.01])
    verdict = judge(after, before=before)
    assert verdict.outcome is Outcome.NO_EFFECT and "0.8045 -> 0.766 " in verdict.sentence
    assert verdict.sentence.endswith("; most runs are better, but not their mean")


def test_what_always_predicts_the_same_is_no_repair():
    verdict = judge(sample([0.5] * 5, trivial=0.5))
    assert verdict.outcome is Outcome.NO_EFFECT
    assert "always predicting the same" in verdict.sentence


def test_runs_that_crash_are_invalid_and_say_why():
    verdict = judge(sample([None] * 5))
    assert verdict.outcome is Outcome.INVALID
    assert "ValueError" in verdict.sentence


def test_a_patch_that_loses_some_runs_is_harmful_however_good_the_others():
    verdict = judge(sample([*GOOD[:4], None]), goal=0.9)
    assert verdict.outcome is Outcome.HARMFUL
    assert "1 of 5 runs failed" in verdict.harm


def test_losing_fewer_runs_than_before_is_an_improvement():
    before = sample([0.3, None, None, 0.3, None])
    assert judge(sample(GOOD), before=before).outcome is Outcome.IMPROVED


def test_changed_labels_cannot_be_compared():
    assert judge(sample(GOOD, changed_evaluation=True)).outcome is Outcome.INVALID


def test_a_shortened_training_ranks_and_never_decides():
    verdict = judge(sample([0.99] * 5, effort=0.3), goal=0.9)
    assert verdict.outcome is Outcome.INCONCLUSIVE and not verdict.accepted
    assert verdict.score == pytest.approx(0.99)


def test_too_few_runs_are_inconclusive():
    assert judge(sample(GOOD[:1]), before=sample([0.3, 0.3, 0.3])).outcome is Outcome.INCONCLUSIVE


def test_confirming_looks_at_report_rows_and_screening_at_search_rows():
    before = sample([0.3] * 5)
    lucky = {"search": GOOD, "report": [0.3] * 5}
    assert judge(sample(**lucky), before=before).outcome is Outcome.IMPROVED
    assert judge(sample(**lucky, purpose=Purpose.CONFIRM), before=before).outcome is Outcome.NO_EFFECT


def test_errors_are_better_when_lower():
    before = sample([6.0, 6.1, 5.9, 6.2, 6.0], metric=MAE, trivial=1.2)
    after = sample([0.2, 0.3, 0.2, 0.25, 0.2], metric=MAE, trivial=1.2)
    assert judge(after, before=before, metric=MAE, goal=0.5).outcome is Outcome.PLAUSIBLE
    assert judge(after, before=before, metric=MAE).sentence.startswith("mean-absolute-error 6.04 -> 0.23 (")
    assert judge(before, before=after, metric=MAE).outcome is Outcome.HARMFUL
    better_but_trivial = sample([2.0] * 5, metric=MAE, trivial=1.2)
    assert judge(better_but_trivial, before=before, metric=MAE).outcome is Outcome.NO_EFFECT


def test_a_smaller_patch_is_kept_only_if_shown_to_be_as_good():
    oracle = Oracle(ACCURACY)
    full = sample([0.950, 0.952, 0.949, 0.951, 0.950])
    assert oracle.keeps(full, sample([0.948, 0.951, 0.950, 0.952, 0.947]))
    assert not oracle.keeps(full, sample([0.91] * 5))
    assert not oracle.keeps(full, sample([0.95]))
    assert not oracle.keeps(full, sample([0.95, 0.95, 0.95, 0.95, None]))


def test_a_smaller_patch_that_is_as_good_in_the_mean_is_kept_however_much_the_runs_vary():
    full, smaller = sample([0.60, 0.70, 0.66]), sample([0.55, 0.71, 0.75])
    assert Oracle(ACCURACY).keeps(full, smaller)
    assert not Oracle(ACCURACY).keeps(smaller, full), "the mean is less, and three runs show nothing"
    assert not Oracle(ACCURACY, goal=0.6).keeps(full, smaller), "the goal is missed in one run of three"
    error = metric_named("mean-squared-error")
    assert Oracle(error).keeps(sample([3.0, 5.0]), sample([2.9, 4.9]))
    assert not Oracle(error).keeps(sample([2.9, 4.9]), sample([3.0, 5.0]))


def test_a_smaller_patch_that_misses_the_goal_is_not_kept():
    full, smaller = sample([0.953] * 5), sample([0.949] * 5)
    assert Oracle(ACCURACY).keeps(full, smaller)
    assert not Oracle(ACCURACY, goal=0.95).keeps(full, smaller)

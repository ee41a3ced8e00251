"""Which rows count, and what a sample of runs says on them."""

from pathlib import Path

import pytest

from netmend.core.records import Draw, Purpose
from netmend.repairs.program.evidence import Evidence, SeededRun
from netmend.training.evaluation import Scores
from netmend.training.metrics._base import metric_named
from netmend.training.runs import RunResult
from netmend.training.trace import RunEnd


def run(seed, scores):
    return SeededRun(seed, RunResult(RunEnd.FINISHED, "", 1.0, 1.0, 0.0, 0, Path("log")), scores)


def evidence(*scores, purpose=Purpose.SCREEN):
    runs = tuple(run(seed, each) for seed, each in enumerate(scores))
    return Evidence(Draw(purpose, tuple(range(len(runs)))), runs, metric_named("accuracy"))


GOOD, LUCKY = Scores(0.9, 0.8, 0.2, 0.4, 50, 50), Scores(0.7, 0.6, 0.3, 0.5, 50, 50)
HALF_FINITE = Scores(0.9, None, 0.4, 0.6, 50, 50)


@pytest.mark.parametrize("purpose", list(Purpose))
def test_rows_that_may_choose_never_judge_the_chosen(purpose):
    judging = {Purpose.CONFIRM, Purpose.CONTROL}
    assert evidence(GOOD, purpose=purpose).rows == ("report" if purpose in judging else "search")


def test_scores_are_those_of_the_named_rows_with_none_for_failed_runs():
    sample = evidence(GOOD, None, LUCKY, HALF_FINITE)
    assert sample.scores("search") == (0.9, None, 0.7, 0.9)
    assert sample.scores("report") == (0.8, None, 0.6, None)


def test_the_trivial_predictor_is_averaged_over_the_runs_that_have_one():
    sample = evidence(GOOD, None, LUCKY, HALF_FINITE)
    assert sample.trivial("search") == pytest.approx((0.2 + 0.3 + 0.4) / 3)
    assert sample.trivial("report") == pytest.approx((0.4 + 0.5 + 0.6) / 3)
    assert evidence(None).trivial("search") is None


def test_a_run_that_is_finite_on_one_half_only_has_failed():
    sample = evidence(GOOD, None, LUCKY, HALF_FINITE)
    assert [failed.seed for failed in sample.failures] == [1, 3]
    assert not evidence(GOOD, LUCKY).failures

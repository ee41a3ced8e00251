"""When a screened patch gets no more runs. Evidence is made by hand, as for the oracle."""

from pathlib import Path

from netmend.core.records import Draw, Purpose
from netmend.repairs.program.evidence import Evidence, SeededRun
from netmend.repairs.program.racing import hopeless, stages
from netmend.training.evaluation import Scores
from netmend.training.metrics._base import metric_named
from netmend.training.runs import RunResult
from netmend.training.trace import Evaluation, RunEnd, Trace

ACCURACY, MAE = metric_named("accuracy"), metric_named("mae")


def evidence(*scores, metric=ACCURACY, **more):
    runs = []
    for seed, score in enumerate(scores):
        trace = Trace("keras", "torch", seed, evaluation=Evaluation("evaluate", Path("x.npz"), 100))
        result = RunResult(RunEnd.FINISHED, "", 1.0, 1.0, 0.0, 0, Path("log"), trace)
        runs.append(SeededRun(seed, result, Scores(score, score, 0.1, 0.1, 50, 50)))
    return Evidence(Draw(Purpose.SCREEN, tuple(range(9))), tuple(runs), metric, **more)


BEFORE = evidence(0.3, 0.4, 0.5, 0.6, 0.7)


def test_one_run_then_a_second_then_the_rest():
    assert stages((1, 2, 3, 4, 5)) == [(1,), (2,), (3, 4, 5)]
    assert stages((1, 2)) == [(1,), (2,)]
    assert stages((1,)) == [(1,)]


def test_the_first_run_must_beat_the_median():
    assert "median (0.5)" in hopeless(BEFORE, evidence(0.5))
    assert not hopeless(BEFORE, evidence(0.51))


def test_two_runs_must_show_a_large_effect():
    assert hopeless(BEFORE, evidence(0.55, 0.35))
    assert not hopeless(BEFORE, evidence(0.75, 0.65))


def test_complete_separation_is_never_stopped():
    for count in range(1, 5):
        assert not hopeless(BEFORE, evidence(*[0.71] * count))


def test_errors_count_the_other_way_round():
    before = evidence(6.0, 6.1, 6.2, metric=MAE)
    assert not hopeless(before, evidence(1.0, metric=MAE))
    assert hopeless(before, evidence(7.0, metric=MAE))


def test_a_failed_run_or_changed_labels_end_it_at_once():
    assert hopeless(BEFORE, evidence(None)) == "a run failed"
    assert "labels" in hopeless(BEFORE, evidence(0.9, changed_evaluation=True))


def test_any_finite_result_is_hope_where_the_program_has_none():
    assert not hopeless(evidence(None, None, None), evidence(0.1, 0.1))

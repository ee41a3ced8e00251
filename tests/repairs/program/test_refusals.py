"""Each way a program cannot be watched is said in one sentence with advice."""

import math
from dataclasses import replace
from pathlib import Path

import pytest

from netmend.core.errors import EnvironmentFault, SubjectError, UsageError
from netmend.repairs.program.refusals import require_evaluation, require_hold_out, require_reachable, trained
from netmend.training.metrics._base import metric_named
from netmend.training.runs import RunResult
from netmend.training.trace import Evaluation, RunEnd, Trace

TRACE = Trace("keras", "torch", 0)
GOOD = RunResult(RunEnd.FINISHED, "ran to its end", 1.0, 1.0, 0.1, 0, Path("log.txt"), TRACE)


def test_a_run_that_trained_gives_its_trace():
    assert trained(GOOD) is TRACE


@pytest.mark.parametrize("end", [end for end in RunEnd if end is not RunEnd.FINISHED])
def test_every_other_end_is_refused_with_its_detail_the_log_and_advice(end):
    bad = replace(GOOD, end=end, detail="because of this", trace=None)
    with pytest.raises((SubjectError, EnvironmentFault)) as refused:
        trained(bad)
    assert "because of this" in refused.value.what
    assert "\n" not in refused.value.what
    assert refused.value.hint


def test_an_end_without_training_is_refused():
    with pytest.raises(SubjectError, match="no training was seen"):
        trained(replace(GOOD, trace=None))


def test_rows_are_withheld_only_where_that_is_possible():
    require_hold_out(replace(GOOD, trace=replace(TRACE, can_hold_out=True)))
    with pytest.raises(SubjectError, match="no metric can be measured") as refused:
        require_hold_out(GOOD)
    assert "validation_data" in refused.value.hint


def test_predictions_must_have_been_made():
    require_evaluation(replace(GOOD, trace=replace(TRACE, evaluation=Evaluation("evaluate", Path("x"), 10))))
    with pytest.raises(SubjectError):
        require_evaluation(GOOD)


@pytest.mark.parametrize(("name", "goal"), [("accuracy", 95), ("accuracy", 1.01), ("mae", -0.1), ("r2", math.inf)])
def test_a_goal_that_nothing_could_reach_is_refused(name, goal):
    with pytest.raises(UsageError, match="cannot be reached"):
        require_reachable(metric_named(name), goal)


@pytest.mark.parametrize(("name", "goal"), [("accuracy", 1), ("mae", 0), ("mae", 95), ("r2", -3), ("accuracy", None)])
def test_a_goal_that_something_could_reach_is_not_refused(name, goal):
    require_reachable(metric_named(name), goal)


@pytest.mark.parametrize(
    "said",
    [
        "AssertionError: Torch not compiled with CUDA enabled",
        "RuntimeError: Found no NVIDIA driver on your system.",
        "RuntimeError: No CUDA GPUs are available",
    ],
)
def test_a_gpu_that_there_is_not_is_the_machines_lack(said):
    with pytest.raises(EnvironmentFault, match="GPU") as refused:
        trained(replace(GOOD, end=RunEnd.CRASHED, detail=f"{said} (train.py:2)", trace=None))
    assert refused.value.where == f"{said} (train.py:2)"
    assert "is_available" in refused.value.hint

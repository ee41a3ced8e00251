"""When a run counts as measured, and what tells two requests apart."""

from pathlib import Path

import pytest

from netmend.training.runs import RunRequest, RunResult
from netmend.training.trace import Evaluation, RunEnd, Trace

MEASURED = Trace("keras", "jax", 1, evaluation=Evaluation("evaluate", Path("x.npz"), 10))


def result(end, trace):
    return RunResult(end, "", 1.0, 1.0, 0.1, 0, Path("log"), trace)


@pytest.mark.parametrize("end", list(RunEnd))
@pytest.mark.parametrize("trace", [None, Trace("keras", "jax", 1), MEASURED], ids=["untrained", "blind", "measured"])
def test_a_run_is_ok_only_if_it_ended_trained_and_was_measured(end, trace):
    assert result(end, trace).ok == (end is RunEnd.FINISHED and trace is MEASURED)


def test_every_request_has_a_nonce_of_its_own():
    made = [RunRequest(Path("a"), "train.py", 1, Path("b")) for _ in range(100)]
    assert len({request.nonce for request in made}) == len(made)


def test_requests_share_no_environment():
    one, other = (RunRequest(Path("a"), "train.py", 1, Path("b")) for _ in range(2))
    one.environment["A"] = "b"
    assert other.environment == {}

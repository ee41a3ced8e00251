import errno

import pytest

from netmend.core.errors import EnvironmentFault
from netmend.training.channel import Channel, Damage
from netmend.training.executors.ending import COULD_NOT_START, ending
from netmend.training.guard import NOT_STARTED
from netmend.training.runs import Limits
from netmend.training.trace import RunEnd

START = {"event": "start"}


def end(tmp_path, said=None, log="", damage=None, **outcome):
    (tmp_path / "log").write_text(log)
    events = (START,) if said is None else (START, {"event": "end", **said})
    outcome = {"end": "exited", "status": 0, "signal": None, **outcome}
    return ending(outcome, Channel(events, damage), Limits(), tmp_path / "log")


def exception(tmp_path, *names, message="", **more):
    said = {"status": "exception", "type": names[0], "mro": names, "message": message, "code": 1, **more}
    return end(tmp_path, said, status=1)


FINISHED = {"status": "finished", "code": 0}


@pytest.mark.parametrize("outcome", [{}, {"status": None, "signal": 11}])
def test_a_script_that_ran_to_its_end_has_finished_even_if_its_process_then_crashed(tmp_path, outcome):
    assert end(tmp_path, FINISHED, **outcome).end is RunEnd.FINISHED


@pytest.mark.parametrize(
    ("limit", "expected"),
    [("timeout", RunEnd.TIMED_OUT), ("memory", RunEnd.OUT_OF_MEMORY), ("output", RunEnd.TOO_MUCH_OUTPUT)],
)
def test_a_limit_that_was_met_outweighs_what_the_script_says(tmp_path, limit, expected):
    assert end(tmp_path, FINISHED, end=limit).end is expected


@pytest.mark.parametrize("name", ["MemoryError", "OutOfMemoryError", "ResourceExhaustedError"])
def test_refused_memory_is_out_of_memory_in_every_framework(tmp_path, name):
    found = exception(tmp_path, "_Own", name, "Exception", message="no room\nfor more", file="a.py", line=3)
    assert (found.end, found.detail) == (RunEnd.OUT_OF_MEMORY, "_Own: no room (a.py:3)")


def test_a_full_disk_is_a_fault_of_the_environment(tmp_path):
    with pytest.raises(EnvironmentFault, match="the disk is full"):
        exception(tmp_path, "OSError", message="[Errno 28] No space left on device", errno=errno.ENOSPC)


def test_the_first_line_of_a_message_is_enough(tmp_path):
    assert exception(tmp_path, "ValueError", message="bad shape\nat great length").detail == "ValueError: bad shape"
    assert exception(tmp_path, "ValueError", message="").detail == "ValueError"


def test_a_kill_from_outside_says_what_that_may_mean(tmp_path):
    found = end(tmp_path, status=None, signal=9)
    assert (found.end, found.detail) == (
        RunEnd.KILLED,
        "died of signal 9 (SIGKILL); the system does that when memory runs out",
    )
    assert end(tmp_path, status=None, signal=25).end is RunEnd.TOO_MUCH_OUTPUT
    assert end(tmp_path, status=None, signal=63).detail == "died of signal 63 (unnamed)"


def test_the_last_line_printed_is_quoted_where_nothing_else_tells_the_reason(tmp_path):
    found = end(tmp_path, log="usage: train.py\nerror: no data\n\n", status=2)
    assert found.detail == "ended with exit status 2 in the middle of the script: error: no data"


def test_silence_with_exit_status_0_is_no_result(tmp_path):
    found = end(tmp_path, damage=Damage.BAD_LINE)
    assert found.end is RunEnd.NO_RESULT
    assert Damage.BAD_LINE.value in found.detail


def test_a_program_that_could_not_be_started_is_told_from_one_that_ends_with_the_same_status(tmp_path):
    assert COULD_NOT_START == NOT_STARTED
    (tmp_path / "log").write_text("netmend could not start the program: FileNotFoundError\n")
    outcome = {"end": "exited", "status": COULD_NOT_START, "signal": None}
    assert ending(outcome, Channel((), Damage.MISSING), Limits(), tmp_path / "log").end is RunEnd.NOT_STARTED
    assert end(tmp_path, status=COULD_NOT_START).end is RunEnd.CRASHED

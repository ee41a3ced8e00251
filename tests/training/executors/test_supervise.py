import json
import os
import signal
import subprocess
import sys
import threading
import time
import zlib
from pathlib import Path

import pytest

from netmend.core.errors import EnvironmentFault
from netmend.training.environment import TAG
from netmend.training.executors import FreshExecutor
from netmend.training.executors.supervise import GuardLost, Supervisor, end_tagged
from netmend.training.runs import RunRequest
from netmend.training.trace import RunEnd

DONE = {"end": "exited", "status": 0, "signal": None, "wall_seconds": 1.0, "cpu_seconds": 0.5}


def ask(folder):
    return RunRequest(folder=folder, script="train.py", seed=1, result=folder / "result")


def told(order, event):
    rest = f"{order.job['nonce']} {json.dumps(event)}".encode()
    return b"%08x %s\n" % (zlib.crc32(rest), rest)


class Stage:
    """Stands in for a guard and a program; fails as often as it is told to."""

    def __init__(self, *failures, events=()):
        self.failures, self.events, self.orders = list(failures), events, []

    def __call__(self, order):
        self.orders.append(order)
        failure = self.failures.pop(0) if self.failures else None
        if failure == "at start":
            raise GuardLost("it could not be started")
        with open(order.job["result"] + "/events.jsonl", "wb") as file:
            file.writelines(told(order, event) for event in ({"event": "start", "schema": 1}, *self.events))
        if failure is None:
            os.write(order.report, (json.dumps(DONE) + "\n").encode())
        return lambda: None


END = {"event": "end", "status": "finished", "code": 0, "seconds": 0.75}


def test_a_report_and_an_end_event_make_a_result(tmp_path):
    result = Supervisor(Stage(events=[END])).run(ask(tmp_path), ())
    assert (result.end, result.seconds, result.cpu_seconds, result.exit_code) == (RunEnd.FINISHED, 0.75, 0.5, 0)
    assert result.overhead_seconds < 0.75


@pytest.mark.parametrize("failure", ["at start", "later"])
@pytest.mark.parametrize("times", [1, 2])
def test_a_lost_guard_is_replaced_twice(tmp_path, failure, times):
    stage = Stage(*[failure] * times, events=[END])
    assert Supervisor(stage).run(ask(tmp_path), ()).end is RunEnd.FINISHED
    assert len({order.tag for order in stage.orders}) == times + 1


def test_after_three_lost_guards_a_run_is_given_up_as_killed_or_never_started(tmp_path):
    assert Supervisor(Stage(*["at start"] * 9)).run(ask(tmp_path), ()).end is RunEnd.NOT_STARTED
    result = Supervisor(Stage(*["later"] * 9)).run(ask(tmp_path), ())
    assert (result.end, result.detail) == (
        RunEnd.KILLED,
        "lost its guard process 3 times: it ended without a report",
    )


def test_nothing_of_an_earlier_attempt_is_left_in_the_result_folder(tmp_path):
    (tmp_path / "result").mkdir()
    (tmp_path / "result" / "old.npz").write_text("")
    Supervisor(Stage()).run(ask(tmp_path), ())
    assert not (tmp_path / "result" / "old.npz").exists()


def test_a_result_folder_that_cannot_be_made_is_a_fault_of_the_environment(tmp_path):
    (tmp_path / "file").write_text("")
    request = RunRequest(folder=tmp_path, script="train.py", seed=1, result=tmp_path / "file" / "result")
    with pytest.raises(EnvironmentFault, match="cannot make the result folder"):
        Supervisor(Stage()).run(request, ())


def descriptors():
    return len(list(Path("/proc/self/fd").iterdir()))


def test_no_descriptor_is_lost_whatever_happens(tmp_path):
    before = descriptors()
    Supervisor(Stage("at start", "later")).run(ask(tmp_path), ())

    def broken(order):
        raise EnvironmentFault("no")

    with pytest.raises(EnvironmentFault):
        Supervisor(broken).run(ask(tmp_path), ())
    assert descriptors() == before


def test_control_c_ends_the_run_before_it_goes_on(tmp_path):
    (tmp_path / "train.py").write_text("import os, time\nopen('pid', 'w').write(str(os.getpid()))\ntime.sleep(600)\n")

    def interrupt():
        while not (tmp_path / "pid").exists() or not (tmp_path / "pid").read_text():
            time.sleep(0.02)
        os.kill(os.getpid(), signal.SIGINT)

    # A shell that runs tests in the background starts them with SIGINT ignored.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    threading.Thread(target=interrupt).start()
    try:
        with pytest.raises(KeyboardInterrupt):
            FreshExecutor().run(ask(tmp_path))
    finally:
        signal.signal(signal.SIGINT, before)
    with pytest.raises(ProcessLookupError):
        os.kill(int((tmp_path / "pid").read_text()), 0)


def test_what_carries_a_tag_is_killed_and_nothing_else():
    sleep = [sys.executable, "-S", "-c", "input()"]
    processes = [
        subprocess.Popen(sleep, env={**os.environ, TAG: tag}, stdin=subprocess.PIPE) for tag in ("ours", "ours2")
    ]
    time.sleep(0.2)
    end_tagged("ours")
    assert processes[0].wait(5) == -signal.SIGKILL
    assert processes[1].poll() is None
    processes[1].communicate(b"\n")
    assert processes[1].wait(5) == 0

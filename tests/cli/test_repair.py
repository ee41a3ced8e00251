"""`netmend repair` from beginning to end on a tiny program, interrupted and resumed in every way."""

import contextlib
import json
import os
import pty
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from netmend.cli import main as cli_main
from netmend.cli import output
from netmend.training.environment import TAG
from netmend.training.workspace import digest

pytestmark = pytest.mark.torch
pytest.importorskip("torch")


def counted(path):
    return len(path.read_text().splitlines()) if path.exists() else 0


def alive(mark):
    """Living processes that carry the tag of runs and a mark of ours."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            names = {entry.partition(b"=")[0] for entry in (process / "environ").read_bytes().split(b"\0")}
            if {TAG.encode(), mark.encode()} <= names:
                found.append((process / "cmdline").read_text())
    return found


def answer(out):
    """What a report says, without what differs from one session to the next: times, and where it was made."""
    report = json.loads((out / "report.json").read_text())
    trials = [{key: value for key, value in trial.items() if key != "seconds"} for trial in report["trials"]]
    return trials, report["conclusion"]["sentence"], report["findings"], (out / "patch.diff").read_text()


def test_the_fault_is_found_and_the_patch_is_one_that_git_accepts(repaired):
    assert repaired.done.status == 0, repaired.done.stderr
    changed = repaired.home.parent / "changed"
    shutil.copytree(repaired.home, changed)
    subprocess.run(["git", "apply", str(repaired.out / "patch.diff")], cwd=changed, check=True)
    assert "lr=1e-6" in (repaired.home / "train.py").read_text()
    assert "lr=1e-6" not in (changed / "train.py").read_text()


def test_json_is_one_document_on_standard_output_and_progress_is_on_standard_error(repaired):
    assert json.loads(repaired.done.stdout) == json.loads((repaired.out / "report.json").read_text())
    for phrase in ("watching 3 runs", "negative control", "trying ", "confirming on 3 fresh runs"):
        assert phrase in repaired.done.stderr
    assert "\x1b" not in repaired.done.stderr


def test_without_apply_nothing_of_the_user_is_touched(repaired):
    assert [path.name for path in repaired.home.iterdir()] == ["train.py"]


def test_a_goal_that_is_met_needs_no_search(netmend, home, tmp_path):
    counter = tmp_path / "counter"
    command = ["repair", "train.py", "--goal", "0.05", "--seeds", "3", "--out", tmp_path / "out", "--apply"]
    done = netmend(*command, cwd=home, COUNTER=str(counter))
    assert done.status == 0, done.stderr
    assert done.stdout.startswith("Nothing to repair")
    assert counted(counter) == 3
    assert "nothing was applied" in done.stderr
    assert not (tmp_path / "out" / "patch.diff").exists()
    assert [path.name for path in home.iterdir()] == ["train.py"]


@pytest.fixture
def finished(repaired, tmp_path):
    """Copies of a finished repair's program and study, to go on with; no run of it is made again."""
    home = tmp_path / "home"
    shutil.copytree(repaired.home, home)
    shutil.copytree(repaired.out, tmp_path / "out")
    return home, tmp_path / "out", tmp_path / "counter"


def test_a_finished_study_is_resumed_without_a_run_and_gives_the_same(netmend, repaired, finished):
    home, out, counter = finished
    done = netmend(*netmend.repair, "--out", out, "--resume", cwd=home, COUNTER=str(counter))
    assert done.status == 0, done.stderr
    assert counted(counter) == 0
    assert answer(out) == answer(repaired.out)


def test_apply_writes_the_confirmed_patch_and_keeps_a_backup(netmend, finished):
    home, out, counter = finished
    before = (home / "train.py").read_bytes()
    done = netmend(*netmend.repair, "--out", out, "--resume", "--apply", cwd=home, COUNTER=str(counter))
    assert done.status == 0, done.stderr
    assert (home / "train.py.orig").read_bytes() == before
    assert "train.py.orig" in done.stderr
    subprocess.run(["git", "apply", "--reverse", str(out / "patch.diff")], cwd=home, check=True)
    assert (home / "train.py").read_bytes() == before


def test_a_confirmed_patch_that_misses_the_goal_is_written_and_not_applied(netmend, finished, monkeypatch, capsys):
    home, out, _ = finished
    (out / "patch.diff").unlink()
    monkeypatch.setattr("netmend.repairs.program.study.ProgramRepair.patch", property(lambda self: None))
    monkeypatch.setattr(cli_main, "end_in_order_on_signals", lambda: None)
    monkeypatch.setattr(sys, "argv", ["netmend", *netmend.repair, "--out", str(out), "--resume", "--apply"])
    monkeypatch.chdir(home)
    with pytest.raises(SystemExit):
        cli_main.main()
    assert "nothing was applied: the confirmed patch does not meet the goal" in capsys.readouterr().err
    assert [path.name for path in home.iterdir()] == ["train.py"]
    subprocess.run(["git", "apply", "--check", str(out / "patch.diff")], cwd=home, check=True)


def test_apply_refuses_if_the_file_changed_meanwhile(netmend, finished, monkeypatch, capsys):
    home, out, _ = finished
    write = output.write_report

    def edit_and_write(*arguments):
        (home / "train.py").write_text("mine now\n")
        write(*arguments)

    monkeypatch.setattr(output, "write_report", edit_and_write)
    monkeypatch.setattr(cli_main, "end_in_order_on_signals", lambda: None)
    monkeypatch.setattr(sys, "argv", ["netmend", *netmend.repair, "--out", str(out), "--resume", "--apply"])
    monkeypatch.chdir(home)
    with pytest.raises(SystemExit) as end:
        cli_main.main()
    assert end.value.code == 2
    assert "the file changed since it was read; the patch was not applied" in capsys.readouterr().err
    assert (home / "train.py").read_text() == "mine now\n"
    assert [path.name for path in home.iterdir()] == ["train.py"]


def test_a_program_in_another_folder_and_a_study_in_its_own_folder(netmend, repaired, tmp_path):
    home = tmp_path / "home with 'quotes'"
    shutil.copytree(repaired.home, home)
    before = digest(home)
    done = netmend("repair", home / "train.py", "--goal", "0.05", "--seeds", "3", cwd=tmp_path)
    assert done.status == 0, done.stderr
    assert (tmp_path / "netmend-out" / "train" / "report.html").is_file()
    assert digest(home) == before


class Running:
    """A repair under way in a process of its own; its standard error line by line."""

    def __init__(self, netmend, home, out, *more, **variables):
        self.mark = f"NETMEND_TEST_{os.getpid()}_{out.parent.name}"
        self.process = subprocess.Popen(
            netmend.command(*netmend.repair, "--out", out, *more),
            cwd=home,
            env=netmend.environment(**variables, **{self.mark: "1"}),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        self.lines = []

    def until(self, phrase):
        for line in self.process.stderr:
            self.lines.append(line)
            if phrase in line:
                return
        raise AssertionError("".join(self.lines))

    def end(self):
        """Status and what was printed, once it has ended; nothing of it lives."""
        stdout, rest = self.process.communicate(timeout=60)
        deadline = time.monotonic() + 5
        while alive(self.mark) and time.monotonic() < deadline:
            time.sleep(0.05)
        assert alive(self.mark) == []
        return self.process.returncode, stdout, "".join(self.lines) + rest


@dataclass(frozen=True)
class Study:
    """A study that is begun, stopped and resumed: what its runs have left to be counted."""

    start: Callable[..., Running]
    out: Path
    counter: Path
    temporary: Path

    @property
    def begun(self):
        """Runs that were started in all."""
        return counted(self.counter)

    @property
    def finished(self):
        """Runs in the journal."""
        lines = (self.out / "study" / "journal.jsonl").read_text().splitlines()
        return sum(json.loads(line.split(" ", 1)[1])["kind"] == "run" for line in lines)


@pytest.fixture
def study(netmend, home, tmp_path):
    started = []
    (tmp_path / "temporary").mkdir()
    variables = {"COUNTER": str(tmp_path / "counter"), "TMPDIR": str(tmp_path / "temporary")}

    def start(*more):
        started.append(Running(netmend, home, tmp_path / "out", *more, **variables))
        return started[-1]

    yield Study(start, tmp_path / "out", tmp_path / "counter", tmp_path / "temporary")
    for each in started:
        if each.process.poll() is None:
            os.killpg(each.process.pid, signal.SIGKILL)
            each.process.communicate()


def assert_resumed_to_the_same_end(study, repaired):
    """The rest of the runs is made, none twice, and the answer is that of a study that was never stopped."""
    finished, begun = study.finished, study.begun
    assert finished <= begun <= finished + 1
    status, _, stderr = study.start("--resume").end()
    assert status == 0, stderr
    assert answer(study.out) == answer(repaired.out)
    assert study.finished == repaired.runs
    assert study.begun - begun == repaired.runs - finished
    assert list(study.temporary.glob("netmend-*")) == []


def test_an_interrupted_search_hands_over_and_is_resumed_to_the_same_end(netmend, repaired, study):
    first = study.start()
    first.until("trying ")
    os.killpg(first.process.pid, signal.SIGINT)  # a terminal signals the whole group
    began = time.monotonic()
    status, stdout, stderr = first.end()
    assert time.monotonic() - began < 10
    assert status == 130, stderr
    assert stdout.startswith("Stopped before a repair was confirmed")
    assert f"continue with: netmend {' '.join(netmend.repair)} --out {study.out} --resume" in stderr
    assert (study.out / "report.html").is_file() and not (study.out / "patch.diff").exists()
    assert list(study.temporary.glob("netmend-*")) == []
    assert_resumed_to_the_same_end(study, repaired)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_an_interruption_while_watching_says_how_to_go_on(netmend, study, number):
    first = study.start()
    first.until("watching")
    time.sleep(0.3)
    first.process.send_signal(number)
    status, stdout, stderr = first.end()
    assert (status, stdout) == (130, "")
    assert "interrupted while watching" in stderr
    assert f"continue with: netmend {' '.join(netmend.repair)} --out {study.out} --resume" in stderr
    assert "Traceback" not in stderr


def test_a_second_interruption_ends_at_once_and_the_study_can_be_resumed(repaired, study):
    first = study.start()
    first.until("trying ")
    first.process.send_signal(signal.SIGINT)
    time.sleep(0.3)
    first.process.send_signal(signal.SIGINT)
    began = time.monotonic()
    assert first.end()[0] == 130
    assert time.monotonic() - began < 5
    assert_resumed_to_the_same_end(study, repaired)


def test_a_killed_study_is_resumed_and_the_copies_it_left_are_removed(repaired, study):
    first = study.start()
    first.until("negative control")
    first.process.kill()
    first.end()
    assert len(list(study.temporary.glob("netmend-*"))) == 1
    assert_resumed_to_the_same_end(study, repaired)


def test_on_a_terminal_one_line_is_kept_up_to_date(netmend, finished):
    """The same on a pseudo-terminal of 40 columns."""
    home, out, _ = finished
    master, slave = pty.openpty()
    process = subprocess.Popen(
        netmend.command(*netmend.repair, "--out", out, "--resume"),
        cwd=home,
        env=netmend.environment(COLUMNS="40", TERM="xterm", NO_COLOR="1"),
        stdout=subprocess.PIPE,
        stderr=slave,
    )
    os.close(slave)
    shown = []

    def listen():
        with contextlib.suppress(OSError):
            while data := os.read(master, 65536):
                shown.append(data)

    listener = threading.Thread(target=listen)
    listener.start()
    stdout, _ = process.communicate(timeout=60)
    listener.join()
    os.close(master)
    text = b"".join(shown).decode()
    assert process.returncode == 0, text
    assert "trying learning-rate" in text and "…" in text
    assert "\x1b[3" not in text, "colour in spite of NO_COLOR"
    assert b"\x1b" not in stdout

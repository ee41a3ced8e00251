"""Every way a script can go wrong, tried as a user would: one clear sentence, the documented status, nothing left.

A case is a file of `tests/bad_scripts`; the comments it begins with say what is expected of it:

    # status: exit status of the command
    # says: a phrase of what is printed; there may be several
    # options: options of the command, beside those every case gets
    # arguments: arguments of the script itself
    # needs: a package without which the case is skipped
"""

import importlib.util
import os
import shlex
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import pytest

from netmend.training.environment import TAG
from netmend.training.workspace import digest

SCRIPTS = sorted((Path(__file__).parents[1] / "bad_scripts").glob("*.py"))
ROOT = Path(__file__).parents[2]
LIMIT = 5
ENDING = 15
"""Seconds beyond the limit: 5 in which the program is ended, the rest to start netmend on a busy machine."""

LANES = 2


@dataclass(frozen=True)
class Case:
    """What a script says of itself."""

    status: int
    phrases: tuple[str, ...]
    options: tuple[str, ...]
    arguments: tuple[str, ...]
    needs: str


@dataclass(frozen=True)
class Ending:
    """What came of running the command line on it."""

    status: int
    stdout: str
    stderr: str
    seconds: float
    unchanged: bool
    left: list[str]


def read_case(path):
    said = {"status": [], "says": [], "options": [], "arguments": [], "needs": []}
    for line in path.read_text(errors="replace").splitlines():
        key, found, value = line.removeprefix("# ").partition(": ")
        if not line.startswith("#"):
            break
        if found and key in said:
            said[key].append(value)
    if not path.stat().st_size:  # an empty file cannot say what is expected of it
        said.update(status=["2"], says=["cannot read source: the file is empty"])
    return Case(
        status=int(said["status"][0]),
        phrases=tuple(said["says"]),
        options=tuple(shlex.split(" ".join(said["options"]))),
        arguments=tuple(shlex.split(" ".join(said["arguments"]))),
        needs=" ".join(said["needs"]),
    )


def left_behind(mark):
    """Command lines of living processes that carry the tag of runs and our mark."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            names = {entry.partition(b"=")[0] for entry in (process / "environ").read_bytes().split(b"\0")}
            if {TAG.encode(), mark.encode()} <= names:
                found.append((process / "cmdline").read_text())
        except OSError:
            continue
    return found


def run(path, case, folder):
    home = folder / "program"
    home.mkdir(parents=True)
    (home / path.name).write_bytes(path.read_bytes())
    (home / "note.txt").write_text("mine\n")
    before = digest(home)
    mark = f"NETMEND_TEST_{os.getpid()}_{path.stem}"
    command = [sys.executable, "-m", "netmend", "repair", str(home / path.name), "--seeds", "3", "--budget", "3runs"]
    command += ["--timeout", str(LIMIT), "--out", str(folder / "out"), *case.options]
    command += ["--", *case.arguments] if case.arguments else []
    began = time.monotonic()
    done = subprocess.run(
        command,
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT), mark: "1"},
        stdin=subprocess.PIPE,
        capture_output=True,
        text=True,
        timeout=240,
    )
    seconds = time.monotonic() - began
    return Ending(done.returncode, done.stdout, done.stderr, seconds, digest(home) == before, left_behind(mark))


@pytest.fixture(scope="module")
def endings(tmp_path_factory, request):
    """The cases that are asked for, all under way at once as far as there is room."""
    wanted = {item.callspec.params["path"] for item in request.session.items if item.path == Path(__file__)}
    folder = tmp_path_factory.mktemp("bad_scripts")
    with ThreadPoolExecutor(LANES) as pool:
        cases = {path: read_case(path) for path in sorted(wanted)}
        able = {path: case for path, case in cases.items() if can_run(case)}
        yield {path: pool.submit(run, path, case, folder / path.stem) for path, case in able.items()}
        pool.shutdown(cancel_futures=True)


def can_run(case):
    return not case.needs or importlib.util.find_spec(case.needs) is not None


def parameters():
    for path in SCRIPTS:
        needs = read_case(path).needs
        yield pytest.param(path, id=path.stem, marks=[getattr(pytest.mark, needs)] if needs else [])


@pytest.mark.parametrize("path", list(parameters()))
def test_a_bad_script_ends_in_one_clear_sentence_and_leaves_nothing_behind(path, endings):
    case = read_case(path)
    if not can_run(case):
        pytest.skip(f"needs {case.needs}")
    ending = endings[path].result()
    printed = ending.stdout + ending.stderr
    assert ending.status == case.status, printed
    said = " ".join(printed.split())
    for phrase in case.phrases:
        assert phrase in said
    assert "Traceback" not in printed
    assert ending.unchanged, "the user's folder was changed"
    assert ending.left == []
    if case.status > 1:
        assert_one_sentence_and_a_hint(ending)
    if not case.needs:
        assert ending.seconds <= LIMIT + ENDING, f"{ending.seconds:.1f} s"


def assert_one_sentence_and_a_hint(ending):
    """One line that says what happened, then indented lines: where, and what to do next."""
    assert ending.stdout == ""
    lines = ending.stderr.splitlines()
    first = next(number for number, line in enumerate(lines) if line.startswith("netmend: "))
    assert all(line[:1] in " 0123456789" for line in lines[:first]), "progress, then the error"
    assert len(lines) > first + 1, "no hint"
    assert all(line.startswith("  ") for line in lines[first + 1 :])

import subprocess
import tempfile
from pathlib import Path

import pytest

from netmend.core.errors import EnvironmentFault, UsageError
from netmend.training.executors import FreshExecutor
from netmend.training.preload import Preload
from netmend.training.runs import RunRequest
from netmend.training.trace import RunEnd


def ask(folder, text="print('ran')", **options):
    (folder / "train.py").write_text(text)
    return RunRequest(folder=folder, script="train.py", seed=1, result=folder / "result", **options)


def test_the_job_is_told_by_a_file_that_is_gone_afterwards(tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "temporary"))
    (tmp_path / "temporary").mkdir()
    text = "import glob, sys\nprint(glob.glob('temporary/*'))"
    result = FreshExecutor().run(ask(tmp_path, text))
    assert result.log.read_text() == "[]\n"
    assert list((tmp_path / "temporary").iterdir()) == []


def test_variables_the_program_sets_before_its_imports_hold_while_they_are_imported_ahead(tmp_path, monkeypatch):
    (tmp_path / "modules").mkdir()
    (tmp_path / "modules" / "framework.py").write_text("import os\nBACKEND = os.environ['KERAS_BACKEND']\n")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path / "modules"))
    executor = FreshExecutor(Preload(("framework",), {"KERAS_BACKEND": "jax"}))
    assert executor.run(ask(tmp_path, "import framework\nprint(framework.BACKEND)")).log.read_text() == "jax\n"


def test_a_note_is_said_in_the_result(tmp_path):
    assert FreshExecutor(note="because").run(ask(tmp_path)).detail.endswith("(because)")


def test_a_wrong_interpreter_is_refused_before_anything_is_run(tmp_path):
    with pytest.raises(UsageError, match="does not exist"):
        FreshExecutor().run(ask(tmp_path, python=str(tmp_path / "none")))
    assert not (tmp_path / "result").exists()


def test_a_machine_that_is_short_of_processes_is_asked_three_times(tmp_path, monkeypatch):
    asked = []

    def refuse(command, **_):
        asked.append(Path(command[-1]).name)
        raise BlockingIOError(11, "Resource temporarily unavailable")

    executor, request = FreshExecutor(), ask(tmp_path)
    executor.run(request)  # the interpreter is checked only once
    monkeypatch.setattr(subprocess, "Popen", refuse)
    result = executor.run(request)
    assert (result.end, asked) == (RunEnd.NOT_STARTED, ["guard.py"] * 3)
    assert "Resource temporarily unavailable" in result.detail


def test_a_guard_that_cannot_be_started_at_all_is_a_fault_of_the_environment(tmp_path, monkeypatch):
    def refuse(command, **_):
        raise PermissionError(13, "Permission denied")

    executor, request = FreshExecutor(), ask(tmp_path)
    executor.run(request)
    monkeypatch.setattr(subprocess, "Popen", refuse)
    with pytest.raises(EnvironmentFault, match="cannot start a process"):
        executor.run(request)

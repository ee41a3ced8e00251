import sys
from pathlib import Path

import pytest

from netmend.core.errors import EnvironmentFault, UsageError
from netmend.training.executors.interpreter import interpreter


def program(path, text):
    path.write_text(text)
    path.chmod(0o755)
    return str(path)


def test_none_named_is_our_own():
    assert interpreter("") == sys.executable


def test_a_link_is_kept_because_it_names_a_virtual_environment(tmp_path):
    link = tmp_path / "python"
    link.symlink_to(sys.executable)
    assert interpreter(str(link)) == str(link)


def test_a_command_is_looked_up(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(Path(sys.executable).parent))
    assert interpreter("python") == str(Path(sys.executable).parent / "python")


@pytest.mark.parametrize(
    ("text", "error", "says"),
    [
        ("#!/bin/sh\necho hello\n", UsageError, "is not a Python interpreter"),
        ("no program at all", UsageError, "is not a Python interpreter"),
        ("#!/bin/sh\necho netmend 3 7\n", UsageError, "is Python 3.7; netmend needs 3.8 or newer"),
        ("#!/bin/sh\necho netmend 2 7\n", UsageError, "is Python 2.7; netmend needs 3.8 or newer"),
        ("#!/bin/sh\necho cannot load library >&2; exit 127\n", EnvironmentFault, "cannot load library"),
    ],
)
def test_what_is_no_usable_interpreter_is_refused(tmp_path, text, error, says):
    with pytest.raises(error, match=says):
        interpreter(program(tmp_path / "python", text))


def test_what_is_not_there_or_cannot_be_executed_is_refused(tmp_path):
    with pytest.raises(UsageError, match="does not exist"):
        interpreter(str(tmp_path / "none"))
    (tmp_path / "text").write_text("")
    with pytest.raises(UsageError, match="is not executable"):
        interpreter(str(tmp_path / "text"))

"""A study belongs to one digest: whatever changes the results changes it, and nothing else does."""

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from netmend.program.source import Program, SourceFile
from netmend.training.runs import Limits
from netmend.training.subject import MetricRequirement, TrainingProgram


def program(folder="a", **texts):
    files = {"train": "import model\n", "model": "rate = 1\n", **texts}
    return Program(Path(folder), tuple(SourceFile(f"{name}.py", text, text.encode()) for name, text in files.items()))


SUBJECT = TrainingProgram(program(), "python3", arguments=("--rate", "1"), environment={"A": "1", "B": "2"})


@pytest.mark.parametrize(
    "change",
    [
        {"program": program(train="import model \n")},
        {"program": program(model="rate = 2\n")},
        {"program": program(other="")},
        {"arguments": ("--rate", "2")},
        {"arguments": ("--rate 1",)},
        {"arguments": ()},
        {"python": "python3.12"},
        {"environment": {"A": "1", "B": "3"}},
        {"environment": {}},
    ],
    ids=str,
)
def test_another_program_other_arguments_or_another_interpreter_have_another_digest(change):
    assert replace(SUBJECT, **change).digest != SUBJECT.digest


@pytest.mark.parametrize(
    "change",
    [
        {"program": program("elsewhere")},
        {"environment": {"B": "2", "A": "1"}},
        {"requirement": MetricRequirement("accuracy", 0.9)},
        {"limits": Limits(seconds=1)},
    ],
    ids=str,
)
def test_what_does_not_change_a_run_does_not_change_the_digest(change):
    assert replace(SUBJECT, **change).digest == SUBJECT.digest


def test_the_digest_is_the_same_in_every_process():
    code = (
        "from pathlib import Path; from netmend.program.source import Program; "
        "from netmend.training.subject import TrainingProgram; "
        "print(TrainingProgram(Program.from_text('x = 1'), 'p', environment={'A': '1'}).digest)"
    )
    told = {
        subprocess.run(
            [sys.executable, "-c", code], env={"PYTHONHASHSEED": seed, "PYTHONPATH": ":".join(sys.path)},
            capture_output=True, text=True, check=True,
        ).stdout.strip()
        for seed in ("1", "2")
    }  # fmt: skip
    assert told == {TrainingProgram(Program.from_text("x = 1"), "p", environment={"A": "1"}).digest}

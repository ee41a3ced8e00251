"""The options that `diagnose` and `repair` share, and the subject made from them."""

from __future__ import annotations

import math
import re
import shlex
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from netmend.core.errors import UsageError

if TYPE_CHECKING:
    from netmend.training.subject import TrainingProgram

GIB = 2**30

MOST_RUNS = 1_000
"""Runs of one sample: `netmend.core.loop.Plan.draw` keeps so many seeds for each."""

LARGEST = 1e6
"""Seconds, or GiB: far more than one run of a small program takes, and far less than what a clock or the kernel cannot
count any more."""

RARE = "Rarely needed"

Program = Annotated[Path, typer.Argument(metavar="PROGRAM", help="Training program: a .py script or .ipynb notebook.")]
Subject = Annotated[
    Path,
    typer.Argument(
        metavar="PROGRAM|NETWORK",
        help="Training program (.py, .ipynb), or trained network (.onnx, .pt, .pt2, .safetensors, .keras, ...).",
    ),
]
ScriptArguments = Annotated[
    list[str] | None,
    typer.Argument(metavar="TARGET | -- ARGS", help="Converted network; or arguments of the program, after --."),
]
Metric = Annotated[
    str | None,
    typer.Option(metavar="NAME", help="Metric to judge by: accuracy, f1, mae, ... Default: chosen, with the reason."),
]
Goal = Annotated[float | None, typer.Option(metavar="VALUE", help="What the metric must reach on unseen rows.")]
Seeds = Annotated[
    int, typer.Option(metavar="N", help="Runs of each sample, each with a seed of its own.", min=3, max=MOST_RUNS)
]
Python = Annotated[
    Path | None, typer.Option(metavar="PATH", help="Interpreter of the program. Default: the one that runs netmend.")
]
Out = Annotated[
    Path | None,
    typer.Option(metavar="FOLDER", help="For report and study. Default: netmend-out/NAME, numbered if taken."),
]
Seed = Annotated[
    int,
    typer.Option(metavar="N", help="Root of all seeds: the same root, the same study.", min=0, rich_help_panel=RARE),
]
Timeout = Annotated[
    float, typer.Option(metavar="SECONDS", help="What one run may take.", min=1, max=LARGEST, rich_help_panel=RARE)
]
Memory = Annotated[
    float,
    typer.Option(
        metavar="GIB", help="What one run may use, with its children.", min=0.1, max=LARGEST, rich_help_panel=RARE
    ),
]
Executor = Annotated[
    str,
    typer.Option(
        metavar="HOW", help="Start of runs: fork (fast), fresh (an interpreter each) or auto.", rich_help_panel=RARE
    ),
]
Json = Annotated[bool, typer.Option("--json", metavar="", help="Print the report as JSON on standard output.")]
Verbose = Annotated[bool, typer.Option("--verbose", "-v", metavar="", help="Also print every trial.")]
Debug = Annotated[
    bool, typer.Option("--debug", metavar="", help="Print a traceback with an error.", rich_help_panel=RARE)
]


def subject(
    program: Path,
    arguments: list[str] | None,
    *,
    metric: str | None,
    goal: float | None,
    python: Path | None,
    timeout: float,
    memory: float,
) -> TrainingProgram:
    """The training program that the arguments name.

    Raises:
        UsageError: it is not a program, or cannot be read; an unknown metric; a goal out of its reach; an interpreter
            that is none.
    """
    from netmend.program.source import Program as Source
    from netmend.repairs.program.refusals import require_reachable
    from netmend.training.executors.interpreter import interpreter
    from netmend.training.metrics._base import metric_named
    from netmend.training.runs import Limits
    from netmend.training.subject import MetricRequirement, TrainingProgram

    wanted = metric_named(metric) if metric else None
    if wanted is not None:
        require_reachable(wanted, goal)
    elif goal is not None and not math.isfinite(goal):
        raise UsageError(f"the goal must be a number, and not {goal}", hint="write it as --goal 0.95")
    requirement = MetricRequirement(wanted.name if wanted else None, goal)
    return TrainingProgram(
        program=Source.read(program),
        python=interpreter(str(python)) if python else sys.executable,
        requirement=requirement,
        arguments=tuple(arguments or ()),
        limits=Limits(seconds=timeout, memory=int(memory * GIB)),
    )


def out_folder(program: Path, out: Path | None, *, resume: bool) -> Path:
    """Where report and study go: the folder named, or a new one under `netmend-out`.

    Raises:
        UsageError: it is a file; or there is no study to resume.
    """
    if out is not None:
        if out.exists() and not out.is_dir():
            raise UsageError("--out must name a folder, and this is a file", where=str(out), hint="name another one")
        return out
    root = Path("netmend-out")
    if resume:
        studies = [folder for folder in root.glob(f"{program.stem}*") if _is_numbered(folder, program.stem)]
        studies = [folder for folder in studies if (folder / "study").is_dir()]
        if not studies:
            hint = "leave out --resume, or name the folder of the report with --out"
            raise UsageError(f"there is no study of {program.name} to resume", where=str(root.resolve()), hint=hint)
        return max(studies, key=lambda folder: (folder / "study").stat().st_mtime)
    number = 1
    folder = root / program.stem
    while folder.exists():
        number += 1
        folder = root / f"{program.stem}-{number}"
    return folder


def _is_numbered(folder: Path, name: str) -> bool:
    return re.fullmatch(rf"{re.escape(name)}(-\d+)?", folder.name) is not None


def resuming(command: Sequence[str], folder: Path) -> str:
    """The shell command that continues a study.

    Args:
        command: arguments of the command that began or continued it. folder: where its report goes.
    """
    words = list(command)
    end = words.index("--") if "--" in words else len(words)
    if not any(word == "--out" or word.startswith("--out=") for word in words[:end]):
        words[end:end] = ["--out", str(folder)]
        end += 2
    if "--resume" not in words[:end]:
        words.insert(end, "--resume")
    return shlex.join(["netmend", *words])

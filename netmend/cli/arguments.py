"""The options that `diagnose` and `repair` share, and the subject made from them."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from netmend.core.errors import UsageError

if TYPE_CHECKING:
    from netmend.training.subject import TrainingProgram

GIB = 2**30

Program = Annotated[Path, typer.Argument(metavar="PROGRAM", help="Training program: a .py script or .ipynb notebook.")]
ScriptArguments = Annotated[
    list[str] | None, typer.Argument(metavar="[-- ARGS]", help="Arguments of the program itself, after --.")
]
Metric = Annotated[
    str | None, typer.Option(help="Metric to judge by, such as accuracy, f1 or mae. Default: chosen, with the reason.")
]
Goal = Annotated[float | None, typer.Option(help="Value the metric must reach on unseen rows.")]
Seeds = Annotated[int, typer.Option(help="Runs of each sample; each has a seed of its own.", min=3)]
Seed = Annotated[int, typer.Option(help="Root of all seeds: the same root gives the same study.", min=0)]
Python = Annotated[
    Path | None, typer.Option(help="Interpreter that runs the program. Default: the one that runs netmend.")
]
Out = Annotated[
    Path | None, typer.Option(help="Folder for report and study. Default: netmend-out/NAME, numbered if taken.")
]
Timeout = Annotated[float, typer.Option(help="Seconds one run may take.", min=1)]
Memory = Annotated[float, typer.Option(help="GiB of memory one run may use, its children included.", min=0.1)]
Executor = Annotated[
    str, typer.Option(help="How runs are started: fork (fast), fresh (a new interpreter each), or auto.")
]
Json = Annotated[bool, typer.Option("--json", help="Print the report as JSON on standard output.")]
Verbose = Annotated[bool, typer.Option("--verbose", "-v", help="Also print every trial.")]
Debug = Annotated[bool, typer.Option("--debug", help="Print a traceback with an error.")]


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
        UsageError: it is not a program, or cannot be read; an unknown metric.
    """
    from netmend.program.source import Program as Source
    from netmend.training.metrics._base import metric_named
    from netmend.training.runs import Limits
    from netmend.training.subject import MetricRequirement, TrainingProgram

    if program.suffix not in (".py", ".ipynb"):
        raise UsageError(
            f"{program} is not a training program", hint="netmend repairs .py scripts and .ipynb notebooks"
        )
    return TrainingProgram(
        program=Source.read(program),
        python=str(python or sys.executable),
        requirement=MetricRequirement(metric_named(metric).name if metric else None, goal),
        arguments=tuple(arguments or ()),
        limits=Limits(seconds=timeout, memory=int(memory * GIB)),
    )


def out_folder(program: Path, out: Path | None, *, resume: bool) -> Path:
    """Where report and study go: the folder named, or a new one under `netmend-out`."""
    if out is not None:
        return out
    root = Path("netmend-out")
    taken = sorted(
        (folder for folder in root.glob(f"{program.stem}*") if (folder / "study").is_dir()),
        key=lambda folder: folder.stat().st_mtime,
    )
    if resume:
        if not taken:
            raise UsageError(
                f"there is no study of {program.name} to resume", where=str(root), hint="name it with --out"
            )
        return taken[-1]
    number = 1
    folder = root / program.stem
    while folder.exists():
        number += 1
        folder = root / f"{program.stem}-{number}"
    return folder

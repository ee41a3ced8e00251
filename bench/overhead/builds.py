"""What it costs to find out that a patch does not build: by the build check, and by a run that crashes.

Ten patches of a program, none of which builds, because a layer does not fit the one before it. Either all ten are asked
about at once (`netmend.training.build`), or each is run until it crashes, with the private copy that a run needs. Both
fork from a template that is already there. A program is measured as it is, and with 5 s of waiting put before its data
are made, which stands for reading and preparing data. `median_total_s` is wall clock for each patch.
"""

from __future__ import annotations

import os
import statistics
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from bench.machine import machine, today, versions
from netmend.program.source import Program
from netmend.training.build import Builds, check
from netmend.training.executors import executor_for
from netmend.training.preload import preload_of
from netmend.training.runs import Executor, RunRequest
from netmend.training.trace import RunEnd
from netmend.training.workspace import private_copy

PATCHES = 10
WAITS = (0, 5)  # seconds
WIDTH = {"keras_tiny": "keras.Input(({},))", "torch_tiny": "nn.Linear(8, {})"}  # what does not fit if it is changed
BEFORE = {"keras_tiny": ("rng = ", 8, "keras"), "torch_tiny": ("made = ", 12, "torch")}
"""The first statement that makes data, the width as it is, and the framework."""


def measure_builds(script: Path, runs: int) -> Iterator[dict[str, str]]:
    """One row for each way to find out and each waiting time; `runs` rounds, fewer where each waits."""
    statement, width, framework = BEFORE[script.stem]
    for wait in WAITS:
        with tempfile.TemporaryDirectory() as place:
            text = script.read_text().replace(statement, f"import time\n\ntime.sleep({wait})\n{statement}", 1)
            name = f"{script.stem}, {wait} s of data" if wait else script.stem
            user = Path(place, "user")
            user.mkdir()
            (user / script.name).write_text(text)
            program = Program.read(user / script.name)
            old = WIDTH[script.stem].format(width)
            patched = [
                Program.from_text(text.replace(old, WIDTH[script.stem].format(width + more)), script.name)
                for more in range(1, PATCHES + 1)
            ]
            executor = executor_for("fork", preload_of(program, os.environ))
            try:
                crash(executor, Path(place, "first"), user, patched[0])  # starts the template
                load = os.getloadavg()[0]
                rounds = max(3, runs // (1 + wait))
                crashes = [crash(executor, Path(place, f"run{n}"), user, patched[n % PATCHES]) for n in range(rounds)]
                asked = [ask(executor, Path(place, f"ask{n}"), program, patched) for n in range(rounds)]
            finally:
                executor.close()
        for way, seconds in (("fork, crashing run", crashes), (f"fork, build check of {PATCHES}", asked)):
            yield {
                "program": name,
                "executor": way,
                "n": str(rounds),
                "median_total_s": f"{statistics.median(seconds):.3f}",
                "median_training_s": "0.000",
                "median_over_training_s": f"{statistics.median(seconds):.3f}",
                "min_over_training_s": f"{min(seconds):.3f}",
                "max_over_training_s": f"{max(seconds):.3f}",
                "median_start_up_s": "",
                "first_over_training_s": "",
                "load_before": f"{load:.2f}",
                "machine": machine(),
                "versions": versions(framework, *(["torch"] if framework == "keras" else []), "numpy"),
                "date": today(),
            }


def crash(executor: Executor, place: Path, user: Path, patched: Program) -> float:
    """Seconds of a run that ends where the model is built."""
    began = time.monotonic()
    copy = place / "copy"
    private_copy(user, copy)
    (copy / patched.main.name).write_bytes(patched.main.raw)
    result = executor.run(RunRequest(folder=copy, script=patched.main.name, seed=1, result=place / "result"))
    if result.end is not RunEnd.CRASHED or result.trace is not None:
        raise SystemExit(f"{patched.main.name} was to crash before training, but {result.detail}")
    return time.monotonic() - began


def ask(executor: Executor, place: Path, program: Program, patched: list[Program]) -> float:
    """Seconds of the build check for each patch."""
    began = time.monotonic()
    copy = place / "copy"
    private_copy(program.folder, copy)
    request = RunRequest(folder=copy, script=program.main.name, seed=1, result=place / "result")
    answers = check(executor, request, program, patched)
    if any(answer.builds is not Builds.NO for answer in answers):
        raise SystemExit(f"patches of {program.main.name} were not to build, but: {answers}")
    return (time.monotonic() - began) / len(patched)

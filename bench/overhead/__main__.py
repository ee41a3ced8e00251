"""Measure what a run costs beside its training: `python -m bench.overhead [--runs N] [--only WHAT]`.

Each program is run N times, one run after another, under each executor, with its probe, in private copies. Wall clock,
monotonic. The first run under an executor is reported apart: it starts the template process. Results replace those of
the same program and executor in `bench/overhead/results.csv`. Goal: at most 0.5 s from request to result over the
training itself when forking. What finding out costs that a patch does not build is measured in `builds.py`, what a
probe costs in `probes.py`, and what batched lanes cost beside runs in `lanes.py`.
"""

from __future__ import annotations

import argparse
import csv
import os
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from bench.machine import machine, today, versions
from bench.overhead.builds import measure_builds
from bench.overhead.lanes import measure_lanes
from bench.overhead.probes import measure_probes
from netmend.program.source import Program
from netmend.training.executors import executor_for
from netmend.training.preload import preload_of
from netmend.training.runs import RunRequest, RunResult
from netmend.training.workspace import private_copy

HERE = Path(__file__).parent
GOAL = 0.5  # seconds over the training itself


def main() -> None:
    """Measure, print and write the table."""
    parser = argparse.ArgumentParser(
        prog="python -m bench.overhead", description="What a run costs beside its training."
    )
    parser.add_argument("--runs", type=int, default=15, help="runs per program and executor, beside the first")
    parser.add_argument(
        "--only", choices=("runs", "builds", "probes", "lanes"), help="what to measure; all unless given"
    )
    given = parser.parse_args()
    os.environ["KERAS_BACKEND"] = "torch"
    scripts = sorted((HERE / "programs").glob("*.py"))
    if given.only in (None, "probes"):
        rows = list(measure_probes(given.runs))
        write("probes.csv", rows, "program", "detail")
        for row in rows:
            print(f"{row['program']:24} {row['detail']:6} {float(row['median_overhead']):+.1%}")
    if given.only in (None, "lanes"):
        for row in measure_lanes(HERE / "programs" / "keras_tiny.py", max(3, given.runs // 3)):
            write("lanes.csv", [row], "program", "trainings")
            told = f"{row['median_lanes_cpu_s']} s in lanes, {row['median_forked_cpu_s']} s forked"
            print(f"{row['program']:24} {row['trainings']:>3} trainings: {told}")
    rows = [row for script in scripts if given.only in (None, "runs") for row in measure(script, given.runs)]
    rows += [row for script in scripts if given.only in (None, "builds") for row in measure_builds(script, given.runs)]
    write("results.csv", rows, "program", "executor")
    for row in rows:
        if row["executor"] not in ("fresh", "fork"):
            print(f"{row['program']:24} {row['executor']:24} {row['median_total_s']} s for each patch")
            continue
        verdict = "" if row["executor"] == "fresh" else f" (goal {GOAL}: {'met' if met(row) else 'not met'})"
        print(f"{row['program']:12} {row['executor']:6} {row['median_over_training_s']} s over training{verdict}")


def write(name: str, rows: list[dict[str, str]], *keys: str) -> None:
    """Put rows in the place of earlier ones with the same keys."""
    table: dict[tuple[str, ...], dict[str, str]] = {}
    if (HERE / name).exists():
        with open(HERE / name, newline="") as file:
            table = {tuple(row[key] for key in keys): row for row in csv.DictReader(file)}
    table |= {tuple(row[key] for key in keys): row for row in rows}
    if table:
        with open(HERE / name, "w", newline="") as file:
            writer = csv.DictWriter(file, list(next(iter(table.values()))))
            writer.writeheader()
            writer.writerows(table.values())


def met(row: dict[str, str]) -> bool:
    """Whether the goal is reached."""
    return float(row["median_over_training_s"]) <= GOAL


def measure(script: Path, runs: int) -> Iterator[dict[str, str]]:
    """One row for each executor."""
    preload = preload_of(Program.read(script), os.environ)
    for kind in ("fresh", "fork"):
        load = os.getloadavg()[0]
        executor = executor_for(kind, preload)
        try:
            made = [one(executor.run, script, seed) for seed in range(runs + 1)]
        finally:
            executor.close()
        (first, first_training, result), *rest = made
        totals, trainings = [total for total, _, _ in rest], [training for _, training, _ in rest]
        over = sorted(total - training for total, training, _ in rest)
        yield {
            "program": script.stem,
            "executor": kind,
            "n": str(runs),
            "median_total_s": f"{statistics.median(totals):.3f}",
            "median_training_s": f"{statistics.median(trainings):.3f}",
            "median_over_training_s": f"{statistics.median(over):.3f}",
            "min_over_training_s": f"{over[0]:.3f}",
            "max_over_training_s": f"{over[-1]:.3f}",
            "median_start_up_s": f"{statistics.median(r.overhead_seconds for _, _, r in rest):.3f}",
            "first_over_training_s": f"{first - first_training:.3f}",
            "load_before": f"{load:.2f}",
            "machine": machine(),
            "versions": versions(*((result.trace and result.trace.versions) or ())),
            "date": today(),
        }


def one(run: Callable[[RunRequest], RunResult], script: Path, seed: int) -> tuple[float, float, RunResult]:
    """Seconds in all and of the training, with the copy that a candidate needs."""
    with tempfile.TemporaryDirectory() as place:
        began = time.monotonic()
        copy = Path(place) / "copies" / "1"
        private_copy(script.parent, copy)
        result = run(RunRequest(folder=copy, script=script.name, seed=seed, result=Path(place) / "result"))
        total = time.monotonic() - began
        if not result.ok or result.trace is None:
            raise SystemExit(f"{script.name} did not train: {result.detail}\n{result.log.read_text()}")
        return total, result.trace.train_seconds, result


if __name__ == "__main__":
    main()

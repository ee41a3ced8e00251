"""Each faulty program and its fix, run apart from every repair: what patches are compared with."""

from __future__ import annotations

import tempfile
from pathlib import Path

import netmend
from bench.architecture import results
from bench.elements.subjects import Subject, Which
from bench.machine import machine, today, versions
from netmend.core.stats import Score
from netmend.repairs.program.evidence import Evidence
from netmend.repairs.program.study import Options, diagnose_program

RESULTS = Path(__file__).parent / "results" / "references.csv"

SEEDS = {"faulty": 301, "fixed": 302}
"""Roots of seeds that no repair uses."""

BATCHES = (3, 5, 12)
"""Runs are made in batches, a row each, few of every program first: 3, 8 and 20 in all, as patches are looked at."""


def measure(subject: Subject, batch: int) -> None:
    """Run both programs of a subject so many times as a batch has, unless their rows are there."""
    known = {(row["program"], row["which"], row["batch"]) for row in results.read(RESULTS)}
    whiches: tuple[Which, ...] = ("faulty", "fixed")
    for which in whiches:
        if (subject.name, which, str(batch)) in known:
            continue
        with tempfile.TemporaryDirectory() as folder:
            program = subject.write(which, Path(folder) / "program")
            options = Options(Path(folder) / "study", runs=BATCHES[batch], seed=SEEDS[which] + 10 * batch, lanes=1)
            found = diagnose_program(program, options)
        row = _row(subject, which, batch, found.observation.evidence)
        results.append(RESULTS, row)
        print(f"{subject.name} {which}: {row['metric']} {row['scores']} ({row['seconds']} s)", flush=True)


def _row(subject: Subject, which: Which, batch: int, evidence: Evidence) -> results.Row:
    trivial = evidence.trivial("report")
    seconds = sorted(run.result.seconds for run in evidence.runs)
    return {
        "program": subject.name,
        "which": which,
        "batch": str(batch),
        "metric": evidence.metric.name,
        "higher_is_better": str(evidence.metric.higher_is_better),
        "scores": results.written(evidence.scores("report")),
        "trivial": "" if trivial is None else f"{trivial:.6g}",
        "seconds": f"{seconds[len(seconds) // 2]:.2f}",
        "seed": str(SEEDS[which] + 10 * batch),
        "machine": machine(),
        "versions": f"netmend {netmend.__version__}, " + versions("keras", "torch", "numpy", "scikit-learn"),
        "date": today(),
    }


def scores(name: str, which: Which) -> tuple[Score, ...]:
    """All runs of a program that have been made, batch by batch; empty if there are none."""
    rows = [row for row in results.read(RESULTS) if (row["program"], row["which"]) == (name, which)]
    return tuple(score for row in rows for score in results.scores(row["scores"]))

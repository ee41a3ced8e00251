"""Trains faulty and fixed programs with several seeds and keeps what they reach in a table, row by row.

Nothing here repairs anything: the table shows that each shrunken program still has its fault.
"""

from __future__ import annotations

import csv
import json
import math
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from bench.architecture.faults._base import Fault, Framework, Tier, Which
from bench.architecture.faults.catalogue import FAULTS, materialise, source
from bench.machine import machine, today, versions

RESULTS = Path(__file__).parent / "measured.csv"
SEEDS = (0, 1, 2)
COLUMNS = (
    "fault",
    "tier",
    "framework",
    "which",
    "metric",
    "mean",
    "sd",
    "values",
    "trivial",
    "seconds",
    "seeds",
    "data",
    "versions",
    "machine",
    "date",
)
KEY = COLUMNS[:4]
ONE_THREAD = {"OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1", "KERAS_BACKEND": "torch"}

Row = dict[str, str]


def measure(tier: Tier, frameworks: Sequence[Framework], names: Sequence[str], *, again: bool = False) -> None:
    """Train what the table lacks, one training after another, and write each row as soon as it is known.

    Args:
        tier: of the programs. frameworks: of the programs. names: ids of faults; all if empty.
        again: train what the table has, too.

    Raises:
        RuntimeError: a program failed; the rows before it are kept.
    """
    rows = {tuple(row[each] for each in KEY): row for row in read()}
    trained: dict[str, list[dict[str, Any]]] = {}
    for fault, framework, which in _wanted(tier, frameworks, names):
        key = (fault.id, tier, framework, which)
        if key in rows and not again:
            continue
        text = source(fault.id, tier, framework, which)
        if text not in trained:  # the fixed program of artificial faults is one and the same
            trained[text] = train(fault.id, tier, framework, which, SEEDS)
        rows[key] = _row(fault, tier, framework, which, trained[text])
        _write(list(rows.values()))
        print(
            *(rows[key][each] for each in ("fault", "framework", "which", "mean", "sd", "trivial", "seconds")),
            flush=True,
        )


def train(name: str, tier: Tier, framework: Framework, which: Which, seeds: Sequence[int]) -> list[dict[str, Any]]:
    """One training for each seed: test value, processor seconds, the value of a constant answer, which data it used.

    Raises:
        RuntimeError: the program failed.
    """
    with tempfile.TemporaryDirectory() as folder:
        program = materialise(name, tier, framework, which, Path(folder))
        done = subprocess.run(
            [sys.executable, str(Path(__file__).with_name("seeded.py")), str(program), *map(str, seeds)],
            cwd=folder,
            env={**os.environ, **ONE_THREAD},
            capture_output=True,
            text=True,
            check=False,
        )
    if done.returncode:
        last = (done.stderr.strip().splitlines() or ["no message"])[-1]
        raise RuntimeError(f"{name} ({tier}, {framework}, {which}) failed: {last}")
    return [json.loads(line) for line in done.stdout.splitlines()[-len(seeds) :]]


def read() -> list[Row]:
    """The rows of the table."""
    if not RESULTS.exists():
        return []
    with RESULTS.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def _wanted(
    tier: Tier, frameworks: Sequence[Framework], names: Sequence[str]
) -> Iterator[tuple[Fault, Framework, Which]]:
    whiches: tuple[Which, ...] = ("faulty", "fixed")
    for fault in FAULTS.values():
        for framework in frameworks:
            if (framework, tier) in fault.variants and (not names or fault.id in names):
                yield from ((fault, framework, which) for which in whiches)


def _row(fault: Fault, tier: Tier, framework: Framework, which: Which, runs: list[dict[str, Any]]) -> Row:
    values = [run["value"] for run in runs]
    finite = [value for value in values if math.isfinite(value)]
    packages = ("keras", "torch", "numpy") if framework == "keras" else ("torch", "numpy")
    return {
        "fault": fault.id,
        "tier": tier,
        "framework": framework,
        "which": which,
        "metric": fault.metric,
        "mean": f"{statistics.mean(finite):.4g}" if finite else "nan",
        "sd": f"{statistics.stdev(finite):.2g}" if len(finite) > 1 else "",
        "values": " ".join(f"{value:.4g}" for value in values),
        "trivial": f"{runs[0]['trivial']:.4g}",
        "seconds": f"{statistics.median(run['seconds'] for run in runs):.1f}",
        "seeds": " ".join(map(str, SEEDS)),
        "data": runs[0]["data"],
        "versions": versions(*packages),
        "machine": machine(),
        "date": today(),
    }


def _write(rows: list[Row]) -> None:
    order = {name: number for number, name in enumerate(FAULTS)}
    rows.sort(key=lambda row: (row["tier"], row["framework"], order[row["fault"]], row["which"]))
    new = RESULTS.with_suffix(".new")
    with new.open("w", newline="", encoding="utf-8") as file:
        table = csv.DictWriter(file, COLUMNS, lineterminator="\n")
        table.writeheader()
        table.writerows(rows)
    new.replace(RESULTS)

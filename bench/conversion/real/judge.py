"""Compares pairs in their own runtimes: tasks come as lines, answers go as lines.

    python -m bench.conversion.real.judge < tasks > answers

A task is {"family", "name", "source", "target"}; an answer is {"name", "outcome", "difference"}.
"""

from __future__ import annotations

import json
import os
import re
import sys
import warnings
from pathlib import Path
from typing import Any

import numpy as np

from bench.conversion.real.inputs import rows
from bench.conversion.real.runtimes import answers, runner
from bench.conversion.real.sources import sources
from netmend.network.graph import Array

ROWS, SEED = 6, 7

AGREES = 1e-4
"""Largest difference of an output, as a share of its largest number, that counts as agreement
(`bench.conversion.cell.AGREES`)."""


def main() -> None:
    """Answer every task."""
    out = os.fdopen(os.dup(sys.stdout.fileno()), "w")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    warnings.simplefilter("ignore")
    known: dict[str, Any] = {}
    for line in sys.stdin:
        task = json.loads(line)
        out.write(json.dumps({"begins": task["name"]}) + "\n")
        out.flush()
        family = known.setdefault(task["family"], None) or known.update({task["family"]: sources(task["family"])})
        source = (family or known[task["family"]])[task["name"].rpartition("/")[2]]
        outcome, difference = judged(Path(task["source"]), Path(task["target"]), rows(source.taken, ROWS, SEED))
        out.write(json.dumps({"name": task["name"], "outcome": outcome, "difference": difference}) + "\n")
        out.flush()


def judged(source: Path, target: Path, values: list[Array]) -> tuple[str, str]:
    """What a conversion is, and by how much its answers differ, as a share of the largest number."""
    try:
        right = answers(runner(source), values)
    except Exception as error:  # a source that its own runtime refuses cannot be judged by
        return "source does not run", _said(error)
    try:
        run = runner(target)
    except Exception as error:  # an invalid file
        return "does not load", _said(error)
    try:
        got = answers(run, values)
    except Exception as error:  # loads, and fails when it is run
        return "does not run", _said(error)
    worst = apart(right, got)
    return ("wrong" if worst > AGREES else "right"), f"{worst:.1e}"


def apart(right: list[Array], got: list[Array]) -> float:
    """Largest difference as a share of the largest number; infinite for other shapes."""
    if len(got) < len(right):
        return float("inf")
    return max(
        min((_apart(one, each) for each in _orders(other, one.shape)), default=float("inf"))
        for one, other in zip(right, got, strict=False)
    )


def _orders(value: Array, shape: tuple[int, ...]) -> list[Array]:
    """As it is, and with channels first or last, where that has the shape."""
    first = [np.moveaxis(value, -1, 1), np.moveaxis(value, 1, -1)] if value.ndim > 2 else []
    return [each for each in (value, *first) if each.shape == shape]


def _apart(one: Array, other: Array) -> float:
    one, other = one.astype(np.float64), other.astype(np.float64)
    same = (one == other) | (np.isnan(one) & np.isnan(other))
    if same.all():
        return 0.0
    largest = max(float(np.abs(one[np.isfinite(one)]).max(initial=0)), 1e-30)
    difference = np.abs(np.where(same, 0, one - other)).max()
    return float(difference / largest) if np.isfinite(difference) else float("inf")


def _said(error: Exception) -> str:
    lines = [each.strip() for each in str(error).splitlines() if each.strip()]
    # Names of files, without the folders they lie in on this machine.
    said = re.sub(r"(?:/[\w.-]+)+/(?=[\w.-])", "", lines[0] if lines else "")
    return f"{type(error).__name__}: {said}"[:300]


if __name__ == "__main__":
    main()

"""The committed results: one CSV file per tier, a row per cell; written by several processes at once."""

from __future__ import annotations

import csv
import fcntl
import math
from collections.abc import Iterable, Sequence
from pathlib import Path

from netmend.core.stats import Score

FOLDER = Path(__file__).parent / "results"

Row = dict[str, str]


def path(tier: str, framework: str, what: str = "repairs") -> Path:
    """The file of one tier and framework; `what` is "repairs" or "references"."""
    return FOLDER / f"{tier}-{framework}-{what}.csv"


def read(path: Path) -> list[Row]:
    """All rows; none if the file is not there."""
    if not path.exists():
        return []
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def append(path: Path, row: Row) -> None:
    """Add a row at the end; the columns are those of the first row.

    Raises:
        ValueError: the row has other columns than the file.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a+", newline="", encoding="utf-8") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        file.seek(0)
        columns = next(csv.reader(file), None)
        if columns is not None and columns != list(row):
            raise ValueError(f"{path} has other columns: {set(columns) ^ set(row)}")
        table = csv.DictWriter(file, fieldnames=list(row))
        if columns is None:
            table.writeheader()
        table.writerow(row)


def written(values: Iterable[Score]) -> str:
    """Scores as one cell; a failed run is "failed"."""
    return " ".join("failed" if value is None else f"{value:.6g}" for value in values)


def scores(cell: str) -> tuple[Score, ...]:
    """What `written` wrote."""
    return tuple(None if word == "failed" else float(word) for word in cell.split())


def finite(values: Sequence[Score]) -> list[float]:
    """The scores of the runs that did not fail."""
    return [value for value in values if value is not None and math.isfinite(value)]

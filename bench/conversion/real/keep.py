"""Takes pairs over from a built folder into the repository: every wrong one, and right ones as controls."""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from bench.architecture.results import Row, read
from bench.conversion.real.build import TABLE

PAIRS = Path(__file__).parent / "pairs"

WRONG = ("wrong", "does not load", "does not run")
CONTROLS = 9
"""Right conversions kept of each converter (own choice)."""

LARGEST = 20_000
"""Bytes of a source that is kept as a control (own choice)."""


def keep(work: Path) -> None:
    """Copy the files of the pairs that are measured."""
    for row in chosen(work):
        for given, kept in ((row["source"], source_of(row)), (row["target"], target_of(row))):
            if not kept.exists():
                kept.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(work / given, kept)


def chosen(work: Path) -> Iterator[Row]:
    """Rows whose pairs are kept: of right ones every n-th, so that all kinds of operators are among them."""
    rows = read(TABLE)
    yield from (row for row in rows if row["outcome"] in WRONG)
    counts = Counter(row["converter"] for row in rows if row["outcome"] == "right")
    for converter, count in counts.items():
        right = [row for row in rows if row["converter"] == converter and row["outcome"] == "right"]
        small = [row for row in right[:: max(1, count // CONTROLS)] if (work / row["source"]).stat().st_size < LARGEST]
        yield from small[:CONTROLS]


def kept() -> Iterator[Row]:
    """Rows whose pairs are in the repository."""
    for row in read(TABLE):
        if row["outcome"] != "fails" and source_of(row).exists() and target_of(row).exists():
            yield row


def source_of(row: Row) -> Path:
    """Where the source of a pair is kept; one that a converter made lies with what that one made."""
    path = Path(row["source"])
    folder = "sources" if path.parts[0] == "sources" else path.parts[1]
    return PAIRS / folder / f"{row['network'].replace('/', '-')}{path.suffix}"


def target_of(row: Row) -> Path:
    """Where the target of a pair is kept."""
    return PAIRS / row["converter"] / Path(row["target"]).name

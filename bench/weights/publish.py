"""Writes the tables and figures of a family of subjects from its result files."""

from __future__ import annotations

from pathlib import Path

from bench.architecture.results import read
from bench.weights import tables
from bench.weights.figures import draw
from bench.weights.prediction import predictions
from bench.weights.regret import choices

FOLDER = Path(__file__).parent / "results"


def publish(family: str, folder: Path = FOLDER) -> None:
    """Print the tables, and write them beside the results; nothing where there are none."""
    repairs = read(folder / f"{family}-repairs.csv")
    if not repairs:
        return
    parts = [f"# Weight repair, {family}\n"]
    found = choices(repairs, read(folder / f"{family}-choices.csv"))
    if found:
        parts += ["## Heuristics against full sweeps of the layers\n", tables.heuristics(found)]
    foreseen = predictions(repairs, read(folder / f"{family}-analyses.csv"))
    if foreseen:
        parts += ["## What the repair set says beforehand\n", tables.predictors(foreseen)]
    if any(row["method"] == tables.FULL for row in repairs):
        parts += ["## CPU seconds against the full program of APRNN\n", tables.ratios(repairs)]
    parts += ["## Every layer, norm and method\n", tables.repairs(repairs)]
    parts += ["## Figures\n", *(f"![{each.stem}]({each.name})\n" for each in draw(folder, family, repairs))]
    text = "\n".join(parts)
    (folder / f"{family}.md").write_text(text, encoding="utf-8")
    print(text)

"""The benchmark of programs: each repaired by each technique, judged by the three published criteria.

    python -m bench.elements references [NAME ...] [--batch 0]    faulty programs and fixes, run for themselves
    python -m bench.elements programs --techniques infill counts --budget 30runs [--names NAME ...] [--part 1/2]
    python -m bench.elements ranks [--scorers frequency counts]   where the fix stands in the queue, without a run
    python -m bench.elements tables                               what the results say; also written beside them

Everything can be begun again: what has a row is not run again.
"""

from __future__ import annotations

import argparse
import csv
import tempfile
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import netmend
from bench.architecture import results
from bench.elements import cell, references
from bench.elements.cell import TECHNIQUES
from bench.elements.ranks import ranks
from bench.elements.subjects import Subject, subjects
from bench.elements.tables import publish
from bench.machine import machine, today, versions
from netmend.core.errors import NetmendError

FOLDER = Path(__file__).parent / "results"
REPAIRS, RANKS = FOLDER / "repairs.csv", FOLDER / "ranks.csv"
SEED = 401
"""Root of seeds of the first repeat; no reference uses it."""

COMMANDS = ("references", "programs", "ranks", "tables")


def main(words: Sequence[str]) -> None:
    """See the module's docstring."""
    parser = argparse.ArgumentParser(prog="python -m bench.elements")
    parser.add_argument("what", choices=COMMANDS)
    parser.add_argument("--names", nargs="+", default=[], choices=tuple(subjects()), metavar="NAME")
    parser.add_argument("--techniques", nargs="+", default=list(TECHNIQUES), choices=tuple(TECHNIQUES))
    parser.add_argument("--scorers", nargs="+", default=["frequency", "counts"])
    parser.add_argument("--budget", default="30runs")
    parser.add_argument("--repeats", type=int, default=1)
    parser.add_argument("--batch", type=int, default=0, choices=range(len(references.BATCHES)))
    parser.add_argument("--part", default="1/1", help="as 1/2 and 2/2, for two processes")
    given = parser.parse_args(words)
    number, parts = map(int, given.part.split("/"))
    found = [each for each in subjects().values() if not given.names or each.name in given.names]
    for each in found:
        if not each.at_hand and given.what in ("references", "programs"):
            print(f"{each.name} is left out: its data are not at hand")
    mine = [each for each in found if each.at_hand][number - 1 :: parts]
    if given.what == "references":
        for subject in mine:
            references.measure(subject, given.batch)
    if given.what == "programs":
        for repeat in range(given.repeats):
            for technique in given.techniques:
                for subject in mine:
                    _repair(subject, technique, given.budget, repeat)
    if given.what == "ranks":
        _rank(found, given.scorers)
    publish(results.read(REPAIRS), results.read(RANKS), FOLDER / "programs.md")


def _repair(subject: Subject, technique: str, budget: str, repeat: int) -> None:
    key = (subject.name, technique, budget, str(repeat))
    if key in {
        (row["program"], row["technique"], row["budget"], row["repeat"]) for row in results.read(REPAIRS)
    }:  # read anew each time: another process may be writing
        return
    with tempfile.TemporaryDirectory() as folder:
        try:
            done = cell.run(subject, TECHNIQUES[technique], budget, SEED + repeat, Path(folder) / subject.name)
        except NetmendError as error:
            print(f"{subject.name} {technique}: {type(error).__name__}: {error}", flush=True)
            return
    row = {
        "program": subject.name,
        "technique": technique,
        "budget": budget,
        "repeat": str(repeat),
        "seed": str(SEED + repeat),
        **{name: _written(value) for name, value in asdict(done).items()},
        "machine": machine(),
        "versions": f"netmend {netmend.__version__}, " + versions("keras", "torch", "numpy", "scikit-learn"),
        "date": today(),
    }
    results.append(REPAIRS, row)
    print(f"{subject.name} {technique}: {row['claim']} {row['patched']} {row['patch']}", flush=True)


def _written(value: object) -> str:
    if isinstance(value, tuple):
        return results.written(value)
    return f"{value:.6g}" if isinstance(value, float) else str(value)


def _rank(found: Sequence[Subject], scorers: Sequence[str]) -> None:
    """Anew for these scorers: it takes seconds."""
    kept = [row for row in results.read(RANKS) if row["scorer"] not in scorers]
    new = [
        {name: str(value) for name, value in asdict(ranks(each, scorer)).items()}
        for scorer in scorers
        for each in found
    ]
    FOLDER.mkdir(exist_ok=True)
    with RANKS.open("w", newline="", encoding="utf-8") as file:
        table = csv.DictWriter(file, list(new[0]), lineterminator="\n")
        table.writeheader()
        table.writerows([*kept, *new])

"""How soon an injected fault is found and mended: by scorer and by the kind of the faulty element."""

from __future__ import annotations

import csv
from collections.abc import Callable
from collections.abc import Sequence as Several
from pathlib import Path

import numpy as np

from bench.elements.injected import FAULTY, Found, commonest, found, injected
from bench.elements.scorers import scorers
from netmend.corpus.records import read

DRAWS = 2
"""Faults in each program, one at a time."""

MEASURES: dict[str, Callable[[Found], bool]] = {
    "element-1": lambda each: each.element == 1,
    "element-3": lambda each: each.element <= 3,
    **{f"fix-{top}": lambda each, top=top: each.fix <= top for top in (1, 5, 10, 20)},  # type: ignore[misc]
}
"""What is counted: the faulty element is first, is among the first three; its exact fix is among the first so many."""


def faults(corpus: Path, share: str = "validation") -> None:
    """Print the table and write it beside this file."""
    common = commonest(each.sequence for each in read(corpus, "train"))
    programs = list(injected(read(corpus, share), common, DRAWS))
    print(f"{len(programs)} faults in programs of {len({each.family for each in programs})} families")
    known = scorers(corpus)
    by_scorer: dict[str, list[Found]] = {name: [] for name in known}
    for program in programs:
        for name, scorer in known.items():
            by_scorer[name] += found([program], scorer)
    rows = []
    for name, said in by_scorer.items():
        rows += rows_of(name, said)
        print(name, *(f"{measure} {rows[-1][measure]}" for measure in MEASURES), sep="  ")
    with path_of(share).open("w", newline="", encoding="utf-8") as lines:
        table = csv.DictWriter(lines, rows[0], lineterminator="\n")
        table.writeheader()
        table.writerows(rows)


def path_of(share: str) -> Path:
    """Where the table of a share is."""
    return Path(__file__).with_name("faults.csv" if share == "validation" else f"faults-{share}.csv")


def rows_of(scorer: str, said: Several[Found]) -> list[dict[str, str]]:
    """One row for each kind of faulty element, then one for all with intervals over families."""
    groups = {kind: [each for each in said if each.kind == kind] for kind in FAULTY} | {"all": list(said)}
    rows = []
    for kind, group in groups.items():
        if not group:
            continue
        row = {"scorer": scorer, "kind": kind, "faults": str(len(group))}
        row["elements"] = f"{np.mean([each.elements for each in group]):.1f}"
        for name, measure in MEASURES.items():
            low, high = interval(group, measure)
            row |= {name: f"{np.mean([measure(each) for each in group]):.3f}", f"{name} 95 %": f"{low:.3f}-{high:.3f}"}
        rows.append(row)
    return rows


def interval(said: Several[Found], measure: Callable[[Found], bool], draws: int = 1000) -> tuple[float, float]:
    """A 95 % interval of a share by drawing families anew, as `bench.elements.holes.interval` does."""
    random = np.random.default_rng(0)
    families = sorted({each.family for each in said})
    hits, sizes = np.zeros(len(families)), np.zeros(len(families))
    for each in said:
        hits[families.index(each.family)] += measure(each)
        sizes[families.index(each.family)] += 1
    drawn = random.integers(len(families), size=(draws, len(families)))
    low, high = np.percentile(hits[drawn].sum(1) / sizes[drawn].sum(1), [2.5, 97.5])
    return float(low), float(high)

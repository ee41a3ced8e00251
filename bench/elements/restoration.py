"""How often the right value of a hidden element comes first, among the first three and among the first five."""

from __future__ import annotations

import csv
from pathlib import Path

from bench.elements.holes import TOPS, Frequency, Hole, accuracy, holes, interval
from netmend.corpus.records import read
from netmend.program.sequence.vocabulary import ELEMENTS
from netmend.repairs.program.infill import counts
from netmend.repairs.program.infill._base import Scorer

RESULTS = Path(__file__).with_name("restoration.csv")
SHARE = "validation"
"""What is chosen is chosen here; the test share is for what is final."""


def restoration(corpus: Path) -> None:
    """Print the table and write it."""
    examples = list(read(corpus, SHARE))
    scorers: dict[str, Scorer] = {
        "frequency": Frequency.of(each.sequence for each in read(corpus, "train")),
        "counts": counts.read(),
    }
    rows = []
    for name, scorer in scorers.items():
        found = list(holes(examples, scorer))
        rows += _rows(name, "all", found)
        for framework in ("keras", "torch"):
            rows += _rows(name, framework, [hole for hole in found if hole.framework == framework])
        low, high = interval(found, 1)
        print(
            f"{name}: macro top-1 {low:.3f} to {high:.3f} (95 %, over {len({each.family for each in found})} families)"
        )
    _print(rows)
    with RESULTS.open("w", newline="", encoding="utf-8") as lines:
        table = csv.DictWriter(lines, rows[0], lineterminator="\n")
        table.writeheader()
        table.writerows(rows)


def _rows(scorer: str, framework: str, found: list[Hole]) -> list[dict[str, str]]:
    if not found:
        return []
    tops = {top: accuracy(found, top) for top in TOPS}
    return [
        {
            "scorer": scorer,
            "framework": framework,
            "kind": kind,
            "holes": str(len(found) if kind == "macro" else sum(hole.kind == kind for hole in found)),
            **{f"top-{top}": f"{tops[top][kind]:.3f}" for top in TOPS},
        }
        for kind in tops[1]
    ]


def _print(rows: list[dict[str, str]]) -> None:
    names = list(dict.fromkeys(row["scorer"] for row in rows))
    print(f"{'':14s}{'holes':>7s}" + "".join(f"{name:>24s}" for name in names))
    for framework in ("all", "keras", "torch"):
        for kind in (*ELEMENTS, "macro"):
            found = {row["scorer"]: row for row in rows if row["framework"] == framework and row["kind"] == kind}
            if found:
                cells = (" / ".join(found[name][f"top-{top}"] for top in TOPS) for name in names)
                label = kind if framework == "all" else f"{framework} {kind}" if kind == "macro" else ""
                if label:
                    print(f"{label:14s}{found[names[0]]['holes']:>7s}" + "".join(f"{cell:>24s}" for cell in cells))

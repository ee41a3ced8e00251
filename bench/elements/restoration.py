"""How often the right value of a hidden element comes first, among the first three and among the first five."""

from __future__ import annotations

import csv
from pathlib import Path

from bench.elements.calibration import by_kind
from bench.elements.holes import TOPS, Hole, accuracy, holes, interval
from bench.elements.scorers import scorers
from netmend.corpus.records import read
from netmend.program.sequence.vocabulary import ELEMENTS


def restoration(corpus: Path, share: str = "validation") -> None:
    """Print the table and write it beside this file.

    What is chosen is chosen on the validation share; the test share is for what is final.
    """
    known = scorers(corpus)
    by_scorer: dict[str, list[Hole]] = {name: [] for name in known}
    for example in read(corpus, share):
        for name, scorer in known.items():
            by_scorer[name] += holes([example], scorer)
    rows = []
    for name, found in by_scorer.items():
        rows += _rows(name, "all", found)
        for framework in ("keras", "torch"):
            rows += _rows(name, framework, [hole for hole in found if hole.framework == framework])
        families = len({each.family for each in found})
        for top in TOPS:
            low, high = interval(found, top)
            less, more = interval(found, top, by_scorer["counts"])
            print(
                f"{name}: macro top-{top} {low:.3f} to {high:.3f} (95 %, over {families} families), "
                f"beyond counts {less:+.3f} to {more:+.3f}"
            )
    _print(rows)
    with path_of(share).open("w", newline="", encoding="utf-8") as lines:
        table = csv.DictWriter(lines, rows[0], lineterminator="\n")
        table.writeheader()
        table.writerows(rows)


def path_of(share: str) -> Path:
    """Where the table of a share is."""
    return Path(__file__).with_name("restoration.csv" if share == "validation" else f"restoration-{share}.csv")


def _rows(scorer: str, framework: str, found: list[Hole]) -> list[dict[str, str]]:
    if not found:
        return []
    tops = {top: accuracy(found, top) for top in TOPS}
    errors = by_kind(found)
    intervals = {top: "{:.3f}-{:.3f}".format(*interval(found, top)) for top in TOPS}
    return [
        {
            "scorer": scorer,
            "framework": framework,
            "kind": kind,
            "holes": str(len(found) if kind == "macro" else sum(hole.kind == kind for hole in found)),
            **{f"top-{top}": f"{tops[top][kind]:.3f}" for top in TOPS},
            "calibration-error": f"{errors[kind]:.3f}",
            **{f"top-{top} 95 %": intervals[top] if kind == "macro" else "" for top in TOPS},
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

"""The tables of the benchmark of programs."""

from __future__ import annotations

import math
import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from bench.architecture import results
from bench.elements import references
from bench.elements.ranks import TOPS
from bench.elements.subjects import subjects
from netmend.core.stats import superiority
from netmend.repairs.program.criteria import LOOKS, correct

Row = results.Row


@dataclass(frozen=True, slots=True)
class Judged:
    """A row of the results with what the criteria say of its patch."""

    row: Row
    weak: bool
    strong: bool

    @property
    def matched(self) -> bool:
        """Whether a candidate that was tried is the fix."""
        return self.row["exact_rank"] != "0"


def judged(row: Row) -> Judged:
    """By the runs of references that there are by now; a repair that confirmed nothing meets nothing.

    The faulty program's runs are those of the repair where it has no references yet. Without any run of the fix a patch
    is not called strong.
    """
    patched = results.scores(row["patched"])
    if len(patched) < LOOKS[-1]:
        return Judged(row, weak=False, strong=False)
    buggy = references.scores(row["program"], "faulty") or results.scores(row["faulty"])
    fixed = references.scores(row["program"], "fixed")
    trivial = float(row["trivial"])
    found = correct(
        buggy,
        fixed or buggy,
        patched,
        trivial=0.0 if math.isnan(trivial) else trivial,
        higher_is_better=row["higher_is_better"] == "True",
    )
    return Judged(row, found.weak, found.strong and bool(fixed))


def wilson(hits: int, of: int) -> tuple[float, float]:
    """A 95 % interval of a share (Wilson, Journal of the American Statistical Association 22, 1927)."""
    if not of:
        return 0.0, 1.0
    z, share = 1.959964, hits / of
    middle, spread = share + z * z / (2 * of), z * math.sqrt(share * (1 - share) / of + z * z / (4 * of * of))
    return (middle - spread) / (1 + z * z / of), (middle + spread) / (1 + z * z / of)


def repairs(rows: Sequence[Row]) -> str:
    """A row for each technique and budget."""
    groups: dict[tuple[str, str], list[Judged]] = {}
    for row in rows:
        groups.setdefault((row["technique"], row["budget"]), []).append(judged(row))
    columns: dict[str, Callable[[list[Judged]], str]] = {
        "programs": lambda group: str(len(group)),
        "weak": lambda group: _share([each.weak for each in group]),
        "strong": lambda group: _share([each.strong for each in group]),
        "matched": lambda group: _share([each.matched for each in group]),
        "confirmed": lambda group: _share([each.row["claim"] != "none" for each in group]),
        "candidates": lambda group: _median(group, "candidates"),
        "most": lambda group: str(max(int(each.row["candidates"]) for each in group)),
        "first that helps": lambda group: _median([each for each in group if each.row["first_accepted"] != "0"],
                                                  "first_accepted"),
        "trainings": lambda group: _median(group, "trainings"),
        "minutes": lambda group: f"{statistics.median(float(each.row['wall_seconds']) for each in group) / 60:.1f}",
    }  # fmt: skip
    lines = [
        [name, budget, *(column(group) for column in columns.values())] for (name, budget), group in groups.items()
    ]
    return table(["technique", "budget", *columns], lines)


def programs(rows: Sequence[Row]) -> str:
    """A row for each program: what each technique reached there."""
    techniques = list(dict.fromkeys(row["technique"] for row in rows))
    lines = []
    for name in dict.fromkeys(row["program"] for row in rows):
        own = {row["technique"]: judged(row) for row in rows if row["program"] == name}
        fixed = results.finite(references.scores(name, "fixed"))
        first = next(iter(own.values())).row
        faulty = results.finite(results.scores(first["faulty"]))
        lines.append(
            [name, first["metric"], _mean(faulty), _mean(fixed), *(_told(own.get(each)) for each in techniques)]
        )
    return table(["program", "metric", "faulty", "fix", *techniques], lines)


def faults() -> str:
    """A row for each program: what is wrong, what fault and fix reach in their own runs, and a constant answer."""
    rows = {(row["program"], row["which"]): row for row in results.read(references.RESULTS)}
    lines = []
    for name, subject in subjects().items():
        if (name, "faulty") not in rows or (name, "fixed") not in rows:
            continue
        row = rows[name, "fixed"]
        faulty, fixed = references.scores(name, "faulty"), references.scores(name, "fixed")
        p = superiority(faulty, fixed, higher_is_better=row["higher_is_better"] == "True").p
        means = (_mean(results.finite(scores)) if results.finite(scores) else "failed" for scores in (faulty, fixed))
        told = [name, ", ".join(subject.kinds), row["metric"], *means, f"{float(row['trivial']):.3g}"]
        lines.append([*told, f"{len(faulty)} and {len(fixed)}", f"{p:.2g}"])
    return table(["program", "wrong", "metric", "fault", "fix", "constant", "runs", "p"], lines)


def places(rows: Sequence[Row]) -> str:
    """A row for each scorer: shares of programs whose right place, right change and whole fix are queued so early."""
    lines = []
    for scorer in dict.fromkeys(row["scorer"] for row in rows):
        own = [row for row in rows if row["scorer"] == scorer]
        shares = (
            f"{sum(0 < int(row[what]) <= top for row in own) / len(own):.0%}"
            for what in ("place", "part", "whole")
            for top in TOPS
        )
        lines.append([scorer, str(len(own)), *shares])
    return table(
        ["scorer", "programs", *(f"{what} ≤ {top}" for what in ("place", "part", "fix") for top in TOPS)], lines
    )


def publish(repaired: Sequence[Row], ranked: Sequence[Row], path: Path) -> None:
    """Print the tables, and write them."""
    parts = ["# Benchmark of elements: programs\n"]
    if results.read(references.RESULTS):
        parts += ["## Faults and fixes\n", faults()]
    if repaired:
        parts += ["## Repairs\n", repairs(repaired), "## By program\n", programs(repaired)]
    if ranked:
        parts += ["## Places in the queue, without a run\n", places(ranked)]
    if len(parts) > 1:
        path.write_text("\n".join(parts), encoding="utf-8")
        print("\n".join(parts))


def table(head: Sequence[str], lines: Sequence[Sequence[str]]) -> str:
    """A table in Markdown."""
    rule = ["---", *["---:"] * (len(head) - 1)]
    return "\n".join("| " + " | ".join(line) + " |" for line in [head, rule, *lines]) + "\n"


def _told(one: Judged | None) -> str:
    if one is None:
        return ""
    patched = results.finite(results.scores(one.row["patched"]))
    met = [name for name, holds in (("weak", one.weak), ("strong", one.strong), ("matched", one.matched)) if holds]
    return f"{_mean(patched)} {', '.join(met)}".strip() if patched else ", ".join(["none", *met])


def _mean(values: Sequence[float]) -> str:
    return f"{statistics.fmean(values):.3g}" if values else "-"


def _share(held: Sequence[bool]) -> str:
    low, high = wilson(sum(held), len(held))
    return f"{sum(held)} ({sum(held) / len(held):.0%}, {low:.0%} to {high:.0%})"


def _median(group: Sequence[Judged], name: str) -> str:
    return f"{statistics.median(int(each.row[name]) for each in group):g}" if group else "-"

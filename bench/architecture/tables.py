"""The tables of the benchmark, from its result files alone: nothing is trained here."""

from __future__ import annotations

import json
import statistics
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from bench.architecture.results import Row, finite, scores
from bench.architecture.statistics import (
    Changed,
    clipped,
    deviation,
    holm,
    improvement_rate,
    operators_found,
    significance,
    values_recovered,
)
from netmend.core.stats import Score

REPAIRED = 0.95
"""An improvement rate from which a fault counts as repaired; below 1 because the fix itself varies from run to run."""


@dataclass(frozen=True, slots=True)
class Truth:
    """What is known of a fault.

    Attributes:
        changes: of its published fix. sensible: the fix beats the trivial predictor, so a rate means something.
    """

    changes: tuple[Changed, ...]
    sensible: bool


@dataclass(frozen=True, slots=True)
class Reference:
    """Runs of the faulty program and of its fix, made apart from every repair, on report rows."""

    faulty: tuple[Score, ...]
    fixed: tuple[Score, ...]
    trivial: float
    higher_is_better: bool
    metric: str

    def rate(self, patched: Sequence[Score]) -> float:
        """Improvement rate of a sample of runs; a patch with a failed run has repaired nothing.

        A program of which every run fails is taken to be worth what the trivial predictor is.
        """
        if len(finite(patched)) < len(patched):
            return 0.0
        middle = statistics.mean(finite(patched))
        faulty = _mean(self.faulty) if finite(self.faulty) else self.trivial
        return improvement_rate(faulty, _mean(self.fixed), middle)


@dataclass(frozen=True, slots=True)
class Summary:
    """One technique under one budget on one fault, over its repeats."""

    fault: str
    technique: str
    budget: int
    repeats: int
    mean: float
    sigma: float
    rate: float
    clipped: float
    p: float
    size: float
    largest: int
    operators: float
    exact: float
    trainings: float
    seconds: float
    suggesting: float

    @property
    def repaired(self) -> bool:
        """On average over the repeats the fault is gone."""
        return self.rate >= REPAIRED


def summaries(rows: Iterable[Row], references: Mapping[str, Reference], truths: Mapping[str, Truth]) -> list[Summary]:
    """One summary for every fault, technique and budget that has rows."""
    groups: dict[tuple[str, str, int], list[Row]] = {}
    for row in rows:
        groups.setdefault((row["fault"], row["technique"], int(row["budget"])), []).append(row)
    return [
        _summary(key, group, references[key[0]], truths[key[0]])
        for key, group in groups.items()
        if key[0] in references
    ]


def _summary(key: tuple[str, str, int], rows: Sequence[Row], reference: Reference, truth: Truth) -> Summary:
    samples = [scores(row["patched"]) for row in rows]
    means = [statistics.mean(found) for sample in samples if (found := finite(sample))]
    rates = [reference.rate(sample) for sample in samples]
    # One run per repeat: runs of one repeat share a patch and are not independent of each other.
    firsts = [sample[0] for sample in samples]
    patches = [[Changed(kind, layer, after) for kind, layer, _, after in json.loads(row["patch"])] for row in rows]
    made = [patch for patch in patches if patch]
    return Summary(
        *key,
        repeats=len(rows),
        mean=_mean(means),
        sigma=deviation(means),
        rate=_mean(rates),
        clipped=_mean([clipped(rate) for rate in rates]),
        p=significance(reference.faulty, firsts, higher_is_better=reference.higher_is_better),
        size=_mean([len(patch) for patch in made]),
        largest=max((len(patch) for patch in made), default=0),
        operators=_mean([operators_found(patch, truth.changes) for patch in patches if truth.changes]),
        exact=_mean([values_recovered(patch, truth.changes) for patch in patches if truth.changes]),
        trainings=_mean([float(row["trainings"]) for row in rows]),
        seconds=_mean([float(row["seconds"]) for row in rows]),
        suggesting=_mean([float(row["suggesting"]) for row in rows]),
    )


def side_by_side(found: Sequence[Summary], techniques: Collection[str]) -> list[Summary]:
    """What some techniques did on the faults that each of them has run under the same budget."""
    has = {(one.budget, one.fault, one.technique) for one in found}
    return [
        one
        for one in found
        if one.technique in techniques and all((one.budget, one.fault, other) in has for other in techniques)
    ]


def by_fault(
    found: Sequence[Summary], references: Mapping[str, Reference], truths: Mapping[str, Truth], budget: int
) -> str:
    """A row per fault: faulty, fix, trivial, then mean and improvement rate of every technique; `*` if significant."""
    found = [summary for summary in found if summary.budget == budget]
    techniques = list(dict.fromkeys(summary.technique for summary in found))
    marked = {name: holm({one.fault: one.p for one in found if one.technique == name}) for name in techniques}
    cells = {(one.fault, one.technique): one for one in found}
    lines = []
    for fault in truths:
        if not any((fault, name) in cells for name in techniques):
            continue
        reference = references[fault]
        line = [
            fault if truths[fault].sensible else f"({fault})",
            f"{_mean(reference.faulty):.3g}",
            f"{_mean(reference.fixed):.3g}",
            f"{reference.trivial:.3g}",
        ]
        for name in techniques:
            one = cells.get((fault, name))
            star = "*" if one and fault in marked[name] else ""
            line.append("" if one is None else f"{one.mean:.3g}{star} ({one.rate:.2f}) ±{one.sigma:.2g}")
        lines.append(line)
    return _table(["fault", "faulty", "fix", "trivial", *techniques], lines)


def overall(found: Sequence[Summary], truths: Mapping[str, Truth]) -> str:
    """A row per technique and budget: what it repairs of the sensible faults, how small, how stable, at what cost."""
    groups: dict[tuple[int, str], list[Summary]] = {}
    for one in found:
        if truths[one.fault].sensible:
            groups.setdefault((one.budget, one.technique), []).append(one)
    columns: dict[str, Callable[[list[Summary]], str]] = {
        "faults": lambda group: f"{len(group)}",
        "repaired": lambda group: f"{sum(one.repaired for one in group)}",
        "significant": lambda group: f"{len(holm({one.fault: one.p for one in group}))}",
        "mean IR": lambda group: f"{_mean([one.rate for one in group]):.2f}",
        "median IR": lambda group: f"{statistics.median(one.rate for one in group):.2f}",
        "clipped IR": lambda group: f"{_mean([one.clipped for one in group]):.2f}",
        "σ, repaired": lambda group: _shown([one.sigma for one in group if one.repaired], ".3f"),
        "changes": lambda group: _shown([one.size for one in group], ".1f"),
        "most": lambda group: f"{max(one.largest for one in group)}",
        "AJ": lambda group: _shown([one.operators for one in group], ".2f"),
        "exact": lambda group: _shown([one.exact for one in group], ".2f"),
        "trainings": lambda group: f"{statistics.median(one.trainings for one in group):.0f}",
        "suggesting": lambda group: f"{_share([(one.suggesting, one.seconds) for one in group]):.0%}",
    }
    lines = [
        [str(budget), name, *(column(group) for column in columns.values())]
        for (budget, name), group in sorted(groups.items(), key=lambda item: item[0][0])
    ]
    return _table(["budget", "technique", *columns], lines)


def _share(times: Sequence[tuple[float, float]]) -> float:
    """Of all searches, what part of their time went into suggesting; some train nothing."""
    suggesting, training = map(sum, zip(*times, strict=True))
    return suggesting / max(suggesting + training, 1e-9)


def _shown(values: Sequence[float], how: str) -> str:
    """Median of the values that are numbers."""
    known = [value for value in values if value == value]
    return format(statistics.median(known), how) if known else "-"


def _mean(values: Sequence[Score]) -> float:
    known = finite(values)
    return statistics.mean(known) if known else float("nan")


def _table(head: Sequence[str], lines: Iterable[Sequence[str]]) -> str:
    """A table in Markdown."""
    rule = ["---", *["---:"] * (len(head) - 1)]
    return "\n".join("| " + " | ".join(line) + " |" for line in [head, rule, *lines]) + "\n"

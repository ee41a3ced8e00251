"""The tables of the benchmark, from its result files alone: nothing is repaired here."""

from __future__ import annotations

import math
import statistics
from collections.abc import Iterable, Sequence

import numpy as np

from bench.architecture.results import Row
from bench.architecture.statistics import holm
from bench.weights.prediction import OUTCOMES, Prediction
from bench.weights.regret import EVEN, SWEEP, Choice

FULL = "aprnn"
RESAMPLES = 2000
"""Of the bootstrap, percentile intervals of 95 % (Efron and Tibshirani, An Introduction to the Bootstrap, 1993)."""


def repairs(rows: Sequence[Row]) -> str:
    """A row per fault, size, method, norm and layer: medians over seeds, of repairs at which every point is shown."""
    columns = ("subject", "fault", "size", "method", "norm", "layer")
    groups: dict[tuple[str, ...], list[Row]] = {}
    for row in rows:
        groups.setdefault(tuple(row[name] for name in columns), []).append(row)
    lines = []
    for key, group in sorted(groups.items(), key=_natural):
        whole = [row for row in group if complete(row)]
        lines.append(
            [
                *key,
                f"{len(whole)}/{len(group)}",
                *(_median(whole, name, 100, ".2f") for name in ("drawdown", "generalisation", "churn")),
                _median(group, "proposing", 1, ".2f"),
                _median(whole, "checking", 1, ".2f"),
                _median(group, "peak_mb", 1, ".0f"),
                _median(whole, "proved", 100, ".0f"),
            ]
        )
    head = ["repaired", "D", "G", "churn", "CPU s", "check s", "peak MB", "proved %"]
    return table([*columns, *head], lines)


def heuristics(found: Sequence[Choice]) -> str:
    """A row per subject and heuristic: regret and agreement over settings, best first; `*` better than any layer."""
    lines = []
    for subject in dict.fromkeys(one.setting[0] for one in found):
        own = [one for one in found if one.setting[0] == subject]
        names = list(dict.fromkeys(one.heuristic for one in own))
        by_name = {name: {one.setting: one for one in own if one.heuristic == name} for name in names}
        better = holm({name: _p(by_name[name], by_name[EVEN]) for name in names if name != EVEN})
        ordered = sorted(names, key=lambda name: statistics.mean(one.drawdown for one in by_name[name].values()))
        for name in ordered:
            group = list(by_name[name].values())
            regret = [one.drawdown for one in group]
            low, high = interval(regret)
            lines.append(
                [
                    subject,
                    name + ("*" if name in better else ""),
                    str(len(group)),
                    f"{statistics.median(regret):.2f} ({low:.2f} to {high:.2f})",
                    f"{statistics.mean(regret):.2f}",
                    _mean([one.reached for one in group], ".2f"),
                    _mean([one.generalisation for one in group], ".2f"),
                    _mean([one.first for one in group], ".0%"),
                    _mean([one.correlation for one in group], ".2f"),
                    _mean([one.share for one in group], ".1%"),
                ]
            )
    head = [
        "subject",
        "heuristic",
        "sweeps",
        "regret D, median",
        "mean",
        "D, mean",
        "regret G, mean",
        "hit@1",
        "Spearman",
        "cost",
    ]
    return table(head, lines)


def ratios(rows: Sequence[Row]) -> str:
    """A row per layer and norm: CPU seconds of the full program of APRNN over ours, for the same repairs."""
    same = ("subject", "fault", "size", "layer", "seed")
    ours: dict[tuple[str, ...], list[Row]] = {}
    for row in rows:
        if row["method"] == SWEEP and complete(row):
            ours.setdefault(tuple(row[name] for name in same), []).append(row)
    groups: dict[tuple[str, ...], list[tuple[float, float, bool]]] = {}
    for row in rows:
        if row["method"] != FULL or not row["proposing"]:
            continue
        for own in ours.get(tuple(row[name] for name in same), []):
            pair = float(row["proposing"]), max(float(own["proposing"]), 1e-3), complete(row)
            groups.setdefault((*(row[name] for name in same[:4]), own["norm"]), []).append(pair)
    lines = [
        [
            *key,
            str(len(pairs)),
            str(sum(done for *_, done in pairs)),
            f"{statistics.median(full for full, *_ in pairs):.1f}",
            f"{statistics.median(own for _, own, _ in pairs):.3f}",
            f"{statistics.median(full / own for full, own, _ in pairs):.0f}",
            f"{min(full / own for full, own, _ in pairs):.0f}",
        ]
        for key, pairs in sorted(groups.items(), key=_natural)
    ]
    head = [*same[:4], "norm", "pairs", "full repaired", "full s", "ours s", "ratio, median", "least"]
    return table(head, lines)


def predictors(found: Sequence[Prediction]) -> str:
    """A row per number of an analysis: correlation with each outcome, over all settings and (within sizes); `*` is
    significant within sizes after Holm's correction over all numbers of its column."""
    lines = []
    for group in dict.fromkeys((one.subject, one.fault, one.norm) for one in found):
        own = [one for one in found if (one.subject, one.fault, one.norm) == group]
        marked = {
            (outcome, name)
            for outcome in OUTCOMES
            for name in holm({one.name: one.p for one in own if one.outcome == outcome and not math.isnan(one.p)})
        }
        for name in dict.fromkeys(one.name for one in own):
            by_outcome = {one.outcome: one for one in own if one.name == name}
            cells = [
                ""
                if math.isnan(one.overall)
                else f"{one.overall:.2f}"
                if math.isnan(one.within)
                else f"{one.overall:.2f} ({one.within:.2f}{'*' if (outcome, name) in marked else ''})"
                for outcome, one in by_outcome.items()
            ]
            if any(cells):
                lines.append([*group, name, str(by_outcome[OUTCOMES[0]].settings), *cells])
    return table(
        ["subject", "fault", "norm", "number", "settings", "with D", "with G", "with change", "with success"], lines
    )


def complete(row: Row) -> bool:
    """Every point is right by evaluation and in the network's own runtime."""
    return row["shown"] != "" and float(row["shown"]) == 1


def interval(values: Sequence[float], seed: int = 0) -> tuple[float, float]:
    """Bootstrap interval of the median."""
    random = np.random.default_rng(seed)
    drawn = random.choice(np.asarray(values), (RESAMPLES, len(values)))
    low, high = np.percentile(np.median(drawn, axis=1), (2.5, 97.5))
    return float(low), float(high)


def _p(own: dict[tuple[str, ...], Choice], even: dict[tuple[str, ...], Choice]) -> float:
    """P-value of "its regret is no less than that of any layer": Wilcoxon's signed ranks, paired over settings."""
    from scipy.stats import wilcoxon

    gains = [own[setting].drawdown - even[setting].drawdown for setting in own if setting in even]
    if not any(gains):
        return 1.0
    return float(wilcoxon(gains, alternative="less").pvalue)


def _natural(item: tuple[tuple[str, ...], object]) -> list[tuple[float, str]]:
    """Numbers by size, words by letter."""
    return [(float(word), "") if word.isdigit() else (math.inf, word) for word in item[0]]


def _median(rows: Iterable[Row], name: str, factor: float, how: str) -> str:
    values = [factor * float(row[name]) for row in rows if row[name]]
    return format(statistics.median(values), how) if values else ""


def _mean(values: Iterable[float], how: str) -> str:
    known = [value for value in values if not math.isnan(value)]
    return format(statistics.mean(known), how) if known else ""


def table(head: Sequence[str], lines: Iterable[Sequence[str]]) -> str:
    """A table in Markdown."""
    rule = ["---"] * len(head)
    return "\n".join("| " + " | ".join(line) + " |" for line in [head, rule, *lines]) + "\n"

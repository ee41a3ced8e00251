"""What the properties of a repair set say of its repairs: rank correlations over settings.

Of each setting and norm: drawdown, generalisation and relative change, means over the layers that could be repaired,
and the share of those. Larger sets have larger numbers of nearly everything, so that a property may only stand for the
size: besides the correlation over all settings there is the one among sets of one size, by ranks within the size.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from bench.architecture.results import Row
from bench.weights.plan import KEY
from bench.weights.regret import SWEEP, spearman
from netmend.repairs.weights.requirements._base import Array

OUTCOMES = ("drawdown", "generalisation", "relative", "success")
RESAMPLES = 2000
"""Permutations within sizes."""

FEWEST = 12
"""Settings below which nothing is said: of three sizes there are at most three sets each then."""


@dataclass(frozen=True, slots=True)
class Prediction:
    """How one number of an analysis goes with one outcome.

    Attributes:
        overall, within: Spearman's correlation over all settings, and by ranks within sizes; NaN where all are equal.
        p: of `within`, two-sided, by permutation within sizes.
    """

    subject: str
    fault: str
    norm: str
    name: str
    outcome: str
    settings: int
    overall: float
    within: float
    p: float


def predictions(repairs: Iterable[Row], analyses: Iterable[Row]) -> list[Prediction]:
    """Every number against every outcome, for each subject, fault and norm with enough settings."""
    measured: dict[tuple[str, ...], dict[str, float]] = {}
    for row in analyses:
        measured[tuple(row[field] for field in KEY)] = json.loads(row["numbers"])
    groups: dict[tuple[str, str, str], dict[tuple[str, ...], dict[str, float]]] = {}
    for key, rows in _by_setting(repairs).items():
        if key[:-1] in measured:
            groups.setdefault((key[0], key[1], key[-1]), {})[key[:-1]] = _outcomes(rows)
    found = []
    for (subject, fault, norm), outcomes in groups.items():
        if len(outcomes) < FEWEST:
            continue
        sizes = [key[KEY.index("size")] for key in outcomes]
        common = set.intersection(*(set(measured[key]) for key in outcomes))
        for name in sorted(common):
            values = [measured[key][name] for key in outcomes]
            for outcome in OUTCOMES:
                there = [each[outcome] for each in outcomes.values()]
                found.append(
                    Prediction(subject, fault, norm, name, outcome, len(there), *_agreement(values, there, sizes))
                )
    return found


def _by_setting(repairs: Iterable[Row]) -> Mapping[tuple[str, ...], list[Row]]:
    groups: dict[tuple[str, ...], list[Row]] = {}
    for row in repairs:
        if row["method"] == SWEEP:
            groups.setdefault((*(row[field] for field in KEY), row["norm"]), []).append(row)
    return {key: rows for key, rows in groups.items() if len(rows) == int(rows[0]["layers"])}


def _outcomes(rows: Sequence[Row]) -> dict[str, float]:
    whole = [row for row in rows if row["shown"] and float(row["shown"]) == 1]

    def mean(name: str) -> float:
        values = [float(row[name]) for row in whole if row[name]]
        return float(np.mean(values)) if values else math.nan

    return {name: mean(name) for name in OUTCOMES[:3]} | {"success": len(whole) / len(rows)}


def _agreement(values: Sequence[float], outcome: Sequence[float], sizes: Sequence[str]) -> tuple[float, float, float]:
    known = [at for at in range(len(values)) if math.isfinite(values[at]) and math.isfinite(outcome[at])]
    x, y = np.array([values[at] for at in known]), np.array([outcome[at] for at in known])
    groups = [np.flatnonzero(np.array([sizes[at] for at in known]) == size) for size in dict.fromkeys(sizes)]
    within = _correlation(_ranks(x, groups), _ranks(y, groups))
    if math.isnan(within):
        return spearman(x.tolist(), y.tolist()), math.nan, math.nan
    random, own, ranks, more = np.random.default_rng(0), _ranks(x, groups), _ranks(y, groups), 0
    for _ in range(RESAMPLES):
        mixed = ranks.copy()
        for group in groups:
            mixed[group] = random.permutation(ranks[group])
        more += abs(_correlation(own, mixed)) >= abs(within) - 1e-12
    return spearman(x.tolist(), y.tolist()), within, (1 + more) / (1 + RESAMPLES)


def _ranks(values: Array, groups: Sequence[Array]) -> Array:
    """Ranks within each group, around zero."""
    from scipy.stats import rankdata

    made = np.zeros(len(values))
    for group in groups:
        made[group] = rankdata(values[group]) - (len(group) + 1) / 2
    return made


def _correlation(one: Array, other: Array) -> float:
    size = math.sqrt(float(one @ one) * float(other @ other))
    return float(one @ other) / size if size else math.nan

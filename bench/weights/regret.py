"""What a heuristic's choice costs against the best layer, from a full sweep of the layers.

Regret: by how much the result at the layer that is edited falls short of that at the best layer. Edited is the first
layer of the heuristic's order that could be repaired, as `netmend repair` does it. Of two numbers: drawdown, and
generalisation; both on inputs that nothing was chosen by, in points (hundredths of a fraction).
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from bench.architecture.results import Row
from bench.weights.plan import KEY

SWEEP = "linearise-solve-verify"
BRUTE, EVEN = "brute-force", "any layer"
"""Brute force edits the layer with the least drawdown on the inputs for choosing; "any layer" is the mean over layers:
what a random choice gets on average."""


@dataclass(frozen=True, slots=True)
class Sweep:
    """One setting and norm repaired at every layer.

    Attributes:
        drawdown, generalisation, choosing: by layer, in points; NaN where no repair was found. seconds: of the
            processor, of all repairs.
    """

    setting: tuple[str, ...]
    drawdown: tuple[float, ...]
    generalisation: tuple[float, ...]
    choosing: tuple[float, ...]
    seconds: float

    @property
    def repaired(self) -> bool:
        """At least at one layer."""
        return bool(np.isfinite(self.drawdown).any())


@dataclass(frozen=True, slots=True)
class Choice:
    """What one heuristic's order means in one sweep.

    Attributes:
        drawdown, generalisation: regrets, in points. reached: the drawdown itself.
        first: it edits the layer with the least drawdown, or one that ties with it.
        correlation: Spearman's, of its order with that by drawdown; NaN with fewer than three repaired layers.
        share: its seconds over those of the sweep.
    """

    setting: tuple[str, ...]
    heuristic: str
    drawdown: float
    generalisation: float
    first: float
    correlation: float
    share: float
    reached: float = math.nan


def sweeps(rows: Iterable[Row]) -> dict[tuple[str, ...], Sweep]:
    """Those settings, by key and norm, of which every layer has a row."""
    groups: dict[tuple[str, ...], dict[int, Row]] = {}
    for row in rows:
        if row["method"] == SWEEP:
            groups.setdefault((*(row[field] for field in KEY), row["norm"]), {})[int(row["layer"])] = row
    found = {}
    for setting, layers in groups.items():
        if len(layers) == int(next(iter(layers.values()))["layers"]):
            ordered = [layers[at] for at in sorted(layers)]
            found[setting] = Sweep(
                setting,
                drawdown=tuple(_points(row, "drawdown") for row in ordered),
                generalisation=tuple(_points(row, "generalisation") for row in ordered),
                choosing=tuple(_points(row, "choosing_drawdown") for row in ordered),
                seconds=sum(float(row["proposing"] or 0) + float(row["checking"] or 0) for row in ordered),
            )
    return found


def choices(repairs: Iterable[Row], asked: Iterable[Row]) -> list[Choice]:
    """Every heuristic in every complete sweep that has a repair, with brute force and any layer in those that any
    heuristic was asked for."""
    asked = list(asked)
    wanted = {(*(row[field] for field in KEY), row["norm"]) for row in asked}
    known = {setting: sweep for setting, sweep in sweeps(repairs).items() if sweep.repaired and setting in wanted}
    found = [_even(sweep) for sweep in known.values()]
    for sweep in known.values():
        cheapest = np.argsort(sweep.choosing, kind="stable")  # layers without a repair, NaN, come last
        found.append(_choice(sweep, BRUTE, [int(at) for at in cheapest], sweep.seconds))
    for row in asked:
        setting = (*(row[field] for field in KEY), row["norm"])
        if setting in known and row["order"]:
            order = [int(at) for at in row["order"].split()]
            found.append(_choice(known[setting], row["heuristic"], order, float(row["seconds"])))
    return found


def _choice(sweep: Sweep, heuristic: str, order: Sequence[int], seconds: float) -> Choice:
    usable = [at for at in order if math.isfinite(sweep.drawdown[at])]
    edited, least = usable[0], np.nanmin(sweep.drawdown)
    return Choice(
        sweep.setting,
        heuristic,
        drawdown=sweep.drawdown[edited] - float(least),
        generalisation=_best(sweep.generalisation) - sweep.generalisation[edited],
        first=float(sweep.drawdown[edited] == least),
        correlation=spearman(range(len(usable)), [sweep.drawdown[at] for at in usable]),
        share=seconds / sweep.seconds if sweep.seconds else math.nan,
        reached=sweep.drawdown[edited],
    )


def _even(sweep: Sweep) -> Choice:
    drawdown = np.array(sweep.drawdown)[np.isfinite(sweep.drawdown)]
    return Choice(
        sweep.setting,
        EVEN,
        drawdown=float(drawdown.mean() - drawdown.min()),
        generalisation=_best(sweep.generalisation) - float(np.nanmean(sweep.generalisation)),
        first=float(np.mean(drawdown == drawdown.min())),
        correlation=0.0,
        share=0.0,
        reached=float(drawdown.mean()),
    )


def spearman(one: Sequence[float], other: Sequence[float]) -> float:
    """Rank correlation, with mean ranks for ties; NaN for fewer than three or where all are equal."""
    if len(one) < 3:
        return math.nan
    from scipy.stats import rankdata

    ranks = rankdata(one), rankdata(other)
    if any(np.ptp(each) == 0 for each in ranks):
        return math.nan
    return float(np.corrcoef(*ranks)[0, 1])


def _points(row: Row, name: str) -> float:
    """A repair counts only if every point is shown to be right."""
    complete = row["shown"] != "" and float(row["shown"]) == 1
    return 100 * float(row[name]) if complete and row[name] else math.nan


def _best(values: Sequence[float]) -> float:
    return float(np.nanmax(values)) if np.isfinite(values).any() else math.nan

"""The figures of the benchmark, from its result files alone."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from bench.architecture.results import Row
from bench.weights.regret import SWEEP
from bench.weights.tables import complete

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Curves = Mapping[str, Mapping[float, list[float]]]
"""By name of a curve: values of its seeds (and layers) over what is along the axis."""


def draw(folder: Path, family: str, rows: Sequence[Row]) -> list[Path]:
    """Write three figures of each subject with results as SVG: drawdown over depth, drawdown and time over size."""
    import matplotlib as mpl

    mpl.use("agg")
    mpl.rcParams["svg.hashsalt"] = "netmend"  # the same figures give the same files
    mpl.rcParams["font.size"] = 9
    made = []
    for subject in dict.fromkeys(row["subject"] for row in rows):
        own = [row for row in rows if row["subject"] == subject]
        for what, figure in (
            ("depth", _depth([row for row in own if row["method"] == SWEEP])),
            ("drawdown", _size(own, "drawdown", "drawdown, points", 100)),
            ("seconds", _size(own, "proposing", "CPU seconds", 1)),
        ):
            made.append(folder / f"{family}-{subject}-{what}.svg")
            figure.savefig(made[-1], metadata={"Date": None}, bbox_inches="tight")
            figure.clear()
    return made


def _depth(rows: Sequence[Row]) -> Figure:
    """A panel for each fault, a curve for each norm and size: median drawdown over the layer."""
    panels = {}
    for fault in dict.fromkeys(row["fault"] for row in rows):
        own = [row for row in rows if row["fault"] == fault and complete(row)]
        panels[fault] = _curves(own, lambda row: f"{row['norm']}, {row['size']}", "layer", "drawdown", 100)
    return _panels(panels, "layer", "drawdown, points", log=False)


def _size(rows: Sequence[Row], what: str, label: str, factor: float) -> Figure:
    """A panel for each fault, a curve for each method and norm: median over layers and seeds, over the size."""
    panels = {}
    for fault in dict.fromkeys(row["fault"] for row in rows):
        own = [row for row in rows if row["fault"] == fault and complete(row)]
        panels[fault] = _curves(own, lambda row: f"{row['method']}, {row['norm']}", "size", what, factor)
    return _panels(panels, "points (regions) to repair", label, log=what == "proposing")


def _curves(rows: Sequence[Row], name: Callable[[Row], str], along: str, what: str, factor: float) -> Curves:
    found: dict[str, dict[float, list[float]]] = {}
    for row in rows:
        found.setdefault(name(row), {}).setdefault(float(row[along]), []).append(factor * float(row[what]))
    return found


def _panels(panels: Mapping[str, Curves], along: str, label: str, *, log: bool) -> Figure:
    from matplotlib.figure import Figure

    figure = Figure(figsize=(3.6 * max(1, len(panels)), 3.4), layout="constrained")
    every = figure.subplots(1, max(1, len(panels)), squeeze=False).flatten()
    for axes, (fault, curves) in zip(every, panels.items(), strict=False):
        for name, values in sorted(curves.items()):
            places = sorted(values)
            axes.plot(places, [statistics.median(values[at]) for at in places], ".-", linewidth=1, label=name)
        axes.set_title(fault, fontsize=9)
        axes.set_xlabel(along)
        axes.set_ylabel(label)
        if along != "layer":
            axes.set_xscale("log")
        else:
            axes.xaxis.get_major_locator().set_params(integer=True)
        if log:
            axes.set_yscale("log")
        if curves:
            axes.legend(fontsize=7)
    return figure

"""The figures of the benchmark, from its result files alone."""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from bench.architecture.results import Row
from bench.weights.regret import SWEEP
from bench.weights.tables import complete

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Curves = Mapping[tuple[str, ...], Mapping[float, list[float]]]
"""By name of a curve, its colour first: values of its seeds over what is along the axis."""

FAINTEST = 0.35
"""Of the curves of one colour; the last is solid."""


def draw(folder: Path, family: str, rows: Sequence[Row]) -> list[Path]:
    """Write up to three figures of each subject as SVG: drawdown over depth, drawdown and time over size.

    A figure that would have one place along its axis is left out.
    """
    import matplotlib as mpl

    mpl.use("agg")
    mpl.rcParams["svg.hashsalt"] = "netmend"  # the same figures give the same files
    mpl.rcParams["font.size"] = 9
    made = []
    for subject in dict.fromkeys(row["subject"] for row in rows):
        own = [row for row in rows if row["subject"] == subject and complete(row)]
        sweep = [row for row in own if row["method"] == SWEEP]
        by_layer, by_method = ("norm", "size"), ("method", "norm")
        for what, panels, along, label in (
            ("depth", _panels(sweep, by_layer, "layer", "drawdown", 100), "layer", "drawdown, points"),
            ("drawdown", _panels(_best(own), by_method, "size", "drawdown", 100), "size", "drawdown, points"),
            ("seconds", _panels(_best(own), by_method, "size", "proposing", 1), "size", "CPU seconds"),
        ):
            path = folder / f"{family}-{subject}-{what}.svg"
            path.unlink(missing_ok=True)
            if panels:
                figure = _figure(panels, along, label)
                figure.savefig(path, metadata={"Date": None}, bbox_inches="tight")
                figure.clear()
                made.append(path)
    return made


def _best(rows: Sequence[Row]) -> list[Row]:
    """Of each setting, method and norm the layer with the least drawdown on the inputs for choosing."""
    found: dict[tuple[str, ...], Row] = {}
    for row in rows:
        key = tuple(row[name] for name in ("fault", "size", "seed", "method", "norm"))
        if key not in found or float(row["choosing_drawdown"]) < float(found[key]["choosing_drawdown"]):
            found[key] = row
    return list(found.values())


def _panels(
    rows: Sequence[Row], names: tuple[str, str], along: str, what: str, factor: float
) -> dict[str, dict[tuple[str, ...], dict[float, list[float]]]]:
    """The curves of each fault with two places along the axis or more."""
    panels: dict[str, dict[tuple[str, ...], dict[float, list[float]]]] = {}
    for row in rows:
        curve = panels.setdefault(row["fault"], {}).setdefault(tuple(row[name] for name in names), {})
        curve.setdefault(float(row[along]), []).append(factor * float(row[what]))
    return {fault: curves for fault, curves in panels.items() if len({at for one in curves.values() for at in one}) > 1}


def _figure(panels: Mapping[str, Curves], along: str, label: str) -> Figure:
    """A panel for each fault: medians over seeds."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(4.2 * len(panels), 4.2), layout="constrained")
    every = figure.subplots(1, len(panels), squeeze=False).flatten()
    for axes, (fault, curves) in zip(every, panels.items(), strict=True):
        _draw(axes, curves)
        axes.set_title(fault, fontsize=9)
        axes.set_xlabel("layer" if along == "layer" else "points (regions) to repair")
        axes.set_ylabel(label)
        if along == "size":
            places = sorted({at for one in curves.values() for at in one})
            axes.set_xscale("log")
            axes.set_xticks(places, [f"{at:g}" for at in places])
            axes.minorticks_off()
        else:
            axes.xaxis.get_major_locator().set_params(integer=True)
        if label == "CPU seconds":
            axes.set_yscale("log")
        axes.legend(fontsize=7, loc="upper center", bbox_to_anchor=(0.5, -0.16), ncols=2, frameon=False)
    return figure


def _draw(axes: Axes, curves: Curves) -> None:
    """One colour for each first name, fainter for the earlier of its second ones."""
    colours = {name: f"C{at}" for at, name in enumerate(sorted({first for first, *_ in curves}))}
    for first, colour in colours.items():
        own = sorted((name for name in curves if name[0] == first), key=lambda name: (len(name[1]), name[1]))
        for at, name in enumerate(own):
            places = sorted(curves[name])
            medians = [statistics.median(curves[name][place]) for place in places]
            alpha = 1 - (1 - FAINTEST) * (len(own) - 1 - at) / max(1, len(own) - 1)
            title = ", ".join(word for word in name if word != "-")
            axes.plot(places, medians, ".-", linewidth=1.2, color=colour, alpha=alpha, label=title)

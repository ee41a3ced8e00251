"""The figures of the benchmark, like those of Kim et al., ICST 2023, from its result files alone."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bench.architecture.results import Row, finite, scores
from bench.architecture.tables import Reference, Summary, Truth

if TYPE_CHECKING:
    from matplotlib.figure import Figure

SHOWN = (-0.5, 1.5)
"""Improvement rates beyond these are drawn at the edge: some are in the hundreds."""
COLUMNS = 4


def draw(
    folder: Path,
    name: str,
    found: Sequence[Summary],
    rows: Sequence[Row],
    references: Mapping[str, Reference],
    truths: Mapping[str, Truth],
) -> list[Path]:
    """Write the figures of a tier as SVG.

    Args:
        name: what the files begin with. found: summaries of `rows`.
    """
    import matplotlib as mpl

    mpl.use("agg")
    mpl.rcParams["svg.hashsalt"] = "netmend"  # the same figures give the same files
    mpl.rcParams["font.size"] = 9
    made = []
    for budget in sorted({one.budget for one in found}):
        of_budget = [one for one in found if one.budget == budget and truths[one.fault].sensible]
        if not of_budget:
            continue
        for what, figure in (
            ("rates", _over_faults(of_budget, "rate", f"improvement rate, budget {budget}")),
            ("stability", _over_faults(of_budget, "sigma", f"deviation over repeats, budget {budget}")),
            ("faults", _every_fault([row for row in rows if row["budget"] == str(budget)], references)),
        ):
            made.append(folder / f"{name}-{what}-{budget}.svg")
            figure.savefig(made[-1], metadata={"Date": None}, bbox_inches="tight")
            figure.clear()
    return made


def _over_faults(found: Sequence[Summary], what: str, label: str) -> Figure:
    """A box for each technique, a point for each fault."""
    from matplotlib.figure import Figure

    techniques = list(dict.fromkeys(one.technique for one in found))
    values = [[getattr(one, what) for one in found if one.technique == name] for name in techniques]
    if what == "rate":
        values = [[min(max(value, SHOWN[0]), SHOWN[1]) for value in some] for some in values]
    figure = Figure(figsize=(1.0 + 0.9 * len(techniques), 3.6))
    axes = figure.subplots()
    _boxes(axes, values, techniques)
    axes.set_ylabel(label)
    if what == "rate":
        axes.axhline(0, color="0.6", linewidth=0.8, linestyle=":")
        axes.axhline(1, color="0.6", linewidth=0.8, linestyle=":")
        axes.set_ylim(SHOWN[0] - 0.05, SHOWN[1] + 0.05)
    return figure


def _every_fault(rows: Sequence[Row], references: Mapping[str, Reference]) -> Figure:
    """A panel for each fault: a box for each technique over all judged runs; lines for faulty, fix and trivial."""
    from matplotlib.figure import Figure

    faults = list(dict.fromkeys(row["fault"] for row in rows if row["fault"] in references))
    techniques = list(dict.fromkeys(row["technique"] for row in rows))
    height = math.ceil(len(faults) / COLUMNS)
    figure = Figure(figsize=(3.2 * COLUMNS, 2.6 * height), layout="constrained")
    panels = figure.subplots(height, COLUMNS, squeeze=False).flatten()
    for axes, fault in zip(panels, faults, strict=False):
        of_fault = {
            name: [row for row in rows if (row["fault"], row["technique"]) == (fault, name)] for name in techniques
        }
        values = [[value for row in of_fault[name] for value in finite(scores(row["patched"]))] for name in techniques]
        _boxes(axes, values, techniques if axes in panels[len(faults) - COLUMNS :] else [""] * len(techniques))
        reference = references[fault]
        for sample, colour in ((reference.faulty, "tab:red"), (reference.fixed, "tab:green")):
            middle = finite(sample)
            if middle:
                axes.axhline(sum(middle) / len(middle), color=colour, linewidth=1)
        if math.isfinite(reference.trivial):
            axes.axhline(reference.trivial, color="0.5", linewidth=1, linestyle="--")
        axes.set_title(f"{fault}, {reference.metric}", fontsize=9)
    for axes in panels[len(faults) :]:
        axes.set_axis_off()
    figure.suptitle("red: faulty, green: published fix, dashed: trivial predictor", fontsize=9)
    return figure


def _boxes(axes: Any, values: Sequence[Sequence[float]], labels: Sequence[str]) -> None:
    places = range(1, len(values) + 1)
    axes.boxplot(values, positions=places, widths=0.55, showfliers=False, medianprops={"color": "black"})
    for at, some in zip(places, values, strict=True):
        spread = [at + 0.3 * (index / max(1, len(some) - 1) - 0.5) for index in range(len(some))]
        axes.plot(spread, some, ".", color="tab:blue", alpha=0.5, markersize=4)
    axes.set_xticks(list(places), labels, rotation=45, ha="right")

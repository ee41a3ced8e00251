"""What each phase cost: one bar per phase, as long as the time it took."""

from __future__ import annotations

from collections.abc import Sequence

from netmend.report.characters import clipped
from netmend.report.document import PhaseCost, total
from netmend.report.numbers import count, duration
from netmend.report.svg.axes import picture, tag, words

_WIDTH, _ROW, _LEFT, _RIGHT = 440, 26, 76, 150
_LABEL = 12


def draw_costs(costs: Sequence[PhaseCost], name: str) -> str:
    """The picture, as SVG text. `name` makes its ids unique on the page."""
    longest = max((_seconds(cost) for cost in costs), default=0.0) or 1.0
    parts = []
    for row, cost in enumerate(costs):
        y = float(row * _ROW)
        width = (_WIDTH - _LEFT - _RIGHT) * _seconds(cost) / longest
        parts.append(words(clipped(cost.phase, _LABEL), class_="legend", x=_LEFT - 8, y=y + 17, text_anchor="end"))
        parts.append(tag("rect", class_="bar", x=float(_LEFT), y=y + 5, width=max(width, 1.0), height=16.0, rx=2))
        parts.append(words(_spent(cost), class_="tick", x=_LEFT + max(width, 1.0) + 8, y=y + 17))
    described = "; ".join(f"{cost.phase}: {_spent(cost)}" for cost in (*costs, total(costs)))
    return picture(name, _WIDTH, _ROW * len(costs) + 2, "Time by phase", described, parts)


def _seconds(cost: PhaseCost) -> float:
    """Wall clock where it was measured, else the sum over runs."""
    return cost.wall_seconds or cost.run_seconds or 0.0


def _spent(cost: PhaseCost) -> str:
    runs = f", {count(cost.runs, 'run')}" if cost.runs else ""
    return f"{duration(_seconds(cost))}{runs}"

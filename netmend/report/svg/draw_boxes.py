"""A box plot with every run as a point, failed runs in a row of their own, and reference lines."""

from __future__ import annotations

import statistics
from collections.abc import Sequence

from netmend.core.exhibits import Box, Boxes
from netmend.report.characters import clipped
from netmend.report.numbers import count, finite, number, summarise_boxes
from netmend.report.svg.axes import Axis, cross, horizontal_grid, picture, spread, tag, value_axis, words

_WIDTH, _HEIGHT = 440, 290
_LEFT, _RIGHT, _TOP, _BOTTOM = 56, 132, 30, 40
_FAILED_ROW = 26
_BOX_FROM = 5
"""Finite values from which quartiles are drawn: a box of fewer invents more numbers than it shows."""
_WHISKER = 1.5
"""Whiskers reach the furthest value within 1.5 interquartile ranges of the box (Tukey, "Exploratory Data Analysis",
1977, section 2D)."""
_QUANTITY, _LABEL, _LINE_LABEL = 40, 24, 18
"""Letters that fit above the picture, below a box and to the right of a line."""


def draw_boxes(boxes: Boxes, name: str) -> str:
    """The picture, as SVG text. `name` makes its ids unique on the page."""
    failed = any(len(finite(box.values)) < len(box.values) for box in boxes.boxes)
    floor = _HEIGHT - _BOTTOM - (_FAILED_ROW if failed else 0)
    shown = [value for box in boxes.boxes for value in finite(box.values)]
    lines = [(label, value) for label, value in boxes.lines if value is not None]
    axis = value_axis(shown + [value for _, value in lines], floor, _TOP)
    right = _WIDTH - _RIGHT
    better = "higher" if boxes.higher_is_better else "lower"
    parts = [words(f"{clipped(boxes.quantity, _QUANTITY)}, {better} is better", class_="label", x=4, y=14)]
    parts += horizontal_grid(axis, _LEFT, right)
    if failed:
        parts.append(words("failed", class_="tick", x=_LEFT - 6, y=floor + _FAILED_ROW - 6, text_anchor="end"))
    parts += _reference_lines(lines, axis, right, floor)
    width = (right - _LEFT) / max(1, len(boxes.boxes))
    for index, box in enumerate(boxes.boxes):
        style = "before" if index == 0 else "after" if index == len(boxes.boxes) - 1 else "other"
        centre = _LEFT + width * (index + 0.5)
        parts += _box(box, axis, centre, min(34.0, width / 3), style, floor)
        label = clipped(box.label, _LABEL)
        parts.append(words(label, class_="legend", x=centre, y=_HEIGHT - _BOTTOM + 20, text_anchor="middle"))
    return picture(name, _WIDTH, _HEIGHT, f"{boxes.quantity} of every run", _describe(boxes), parts)


def _box(box: Box, axis: Axis, centre: float, half: float, style: str, floor: float) -> list[str]:
    values = sorted(finite(box.values))
    parts = []
    if len(values) >= _BOX_FROM:
        low, _, high = statistics.quantiles(values, n=4, method="inclusive")
        reach = _WHISKER * (high - low)
        least = min(value for value in values if value >= low - reach)
        most = max(value for value in values if value <= high + reach)
        top, bottom = axis.at(high), axis.at(low)
        parts.append(tag("path", class_=f"whisker {style}", d=_vertical(centre, axis.at(least), bottom)))
        parts.append(tag("path", class_=f"whisker {style}", d=_vertical(centre, top, axis.at(most))))
        parts.append(tag("rect", class_=f"box {style}", x=centre - half, y=top, width=2 * half, height=bottom - top))
    if values:
        y = axis.at(statistics.median(values))
        parts.append(tag("line", class_=f"middle {style}", x1=centre - half, x2=centre + half, y1=y, y2=y))
    for index, value in enumerate(box.values):
        x = centre + half * 0.7 * _aside(index, len(box.values))
        if finite([value]) and value is not None:
            parts.append(tag("circle", class_=f"point {style}", cx=x, cy=axis.at(value), r=3.0))
        else:
            parts.append(cross(x, floor + _FAILED_ROW - 10, 3.5, style))
    return parts


def _reference_lines(lines: Sequence[tuple[str, float]], axis: Axis, right: float, floor: float) -> list[str]:
    """Dashed lines with their names to the right, moved apart where they would overlap."""
    parts = []
    heights = [axis.at(value) for _, value in lines]
    for (label, value), y, shown in zip(lines, heights, spread(heights, 30, _TOP + 8, floor - 8), strict=True):
        parts.append(tag("line", class_="reference", x1=_LEFT, x2=right, y1=y, y2=y))
        parts.append(tag("path", class_="leader", d=f"M{right:.1f} {y:.1f}L{right + 8:.1f} {shown:.1f}"))
        parts.append(words(clipped(label, _LINE_LABEL), class_="legend", x=right + 12, y=shown))
        parts.append(words(number(value), class_="tick", x=right + 12, y=shown + 13))
    return parts


def _aside(index: int, points: int) -> float:
    """Where a point stands beside its neighbours, in [-1, 1]: by position in the sample, so that none hides another."""
    return 0.0 if points == 1 else 2.0 * index / (points - 1) - 1.0


def _vertical(x: float, start: float, end: float) -> str:
    return f"M{x:.1f} {start:.1f}V{end:.1f}"


def _describe(boxes: Boxes) -> str:
    described = [
        f"{box.label}: median {number(box.median)}, {number(box.lowest)} to {number(box.highest)}, "
        f"{count(box.runs, 'run')}, {box.failed} failed."
        for box in summarise_boxes(boxes)
    ]
    described += [f"{label}: {number(value)}." for label, value in boxes.lines]
    return " ".join(described)

"""Training curves before and after: a thin line per run, a bold one for the median, a cross where a run broke."""

from __future__ import annotations

import statistics
from collections.abc import Sequence

from netmend.core.exhibits import Curve, Curves
from netmend.report.characters import clipped
from netmend.report.numbers import broken, count, finite, number, summarise_curves
from netmend.report.svg.axes import Axis, count_axis, cross, horizontal_grid, picture, tag, value_axis, words

_WIDTH, _HEIGHT = 440, 290
_LEFT, _RIGHT, _TOP, _BOTTOM = 56, 14, 42, 40
_LEGEND_ROW = 16
_LETTER = 6.2
"""Mean width of a letter at the size of the legend, in pixels; only the place of the second entry depends on it."""
_QUANTITY, _SIDE = 40, 12
"""Letters that fit above the picture and in the legend."""
_POINTS = 4000
"""Points in one picture, about 40 kB of it: more than its pixels can show, and a page stays small enough to send."""
_LEAST_POINTS = 40
_MEDIAN_FROM = 3
"""Runs from which a median line is drawn; between two it would be a run that never was."""


def draw_curves(curves: Curves, name: str) -> str:
    """The picture, as SVG text. `name` makes its ids unique on the page."""
    shown = [value for curve in curves.curves for value in finite(curve.values)]
    epochs = count_axis(max((len(curve.values) for curve in curves.curves), default=1), _LEFT, _WIDTH - _RIGHT)
    entries = _entries(curves)
    one_row = sum(_entry_width(text) for _, text in entries) <= _WIDTH - _LEFT
    values = value_axis(shown, _HEIGHT - _BOTTOM, _TOP + (0 if one_row else _LEGEND_ROW))
    parts = horizontal_grid(values, _LEFT, _WIDTH - _RIGHT)
    for tick in epochs.ticks:
        parts.append(
            words(number(tick), class_="tick", x=epochs.at(tick), y=_HEIGHT - _BOTTOM + 18, text_anchor="middle")
        )
    parts.append(words(curves.along, class_="label", x=_WIDTH - _RIGHT, y=_HEIGHT - 6, text_anchor="end"))
    parts.append(
        words(
            clipped(curves.quantity, _QUANTITY) + (", log scale" if values.logarithmic else ""),
            class_="label",
            x=4,
            y=14,
        )
    )
    points = max(_LEAST_POINTS, _POINTS // max(1, len(curves.curves)))
    sides = list(dict.fromkeys(curve.side for curve in curves.curves))
    for side in sides:
        own = [curve for curve in curves.curves if curve.side == side]
        parts += [_line(curve, epochs, values, points, bold=not curves.each) for curve in own]
        if len(own) >= _MEDIAN_FROM:
            parts.append(_line(_median(own), epochs, values, points, bold=True))
    for curve in curves.curves:
        parts += _end(curve, epochs, values)
    parts += _legend(entries, one_row)
    return picture(name, _WIDTH, _HEIGHT, f"{curves.quantity} over {curves.along}s", _describe(curves), parts)


def _style(side: str) -> str:
    return "before" if side == "before" else "after"


def _line(curve: Curve, epochs: Axis, values: Axis, points: int, bold: bool = False) -> str:
    path, pen_up = [], True
    for index in _kept(curve.values, points):
        value = curve.values[index]
        if value is None:
            pen_up = True
            continue
        path.append(f"{'M' if pen_up else 'L'}{epochs.at(index + 1):.1f} {values.at(value):.1f}")
        pen_up = False
    return tag("path", class_=f"{'median' if bold else 'run'} {_style(curve.side)}", d="".join(path)) if path else ""


def _end(curve: Curve, epochs: Axis, values: Axis) -> list[str]:
    """A dot for a curve of a single point, a cross at the last finite value of a run that broke."""
    usable = [index for index, value in enumerate(curve.values) if value is not None]
    parts = []
    if len(usable) == 1:
        x, y = epochs.at(usable[0] + 1), values.at(curve.values[usable[0]] or 0.0)
        parts.append(tag("circle", class_=f"point {_style(curve.side)}", cx=x, cy=y, r=3.0))
    if broken(curve):
        last = usable[-1] if usable else 0
        y = values.at(curve.values[last] or 0.0) if usable else values.end
        parts.append(cross(epochs.at(last + 1), y, 4.0, _style(curve.side)))
    return parts


def _legend(entries: Sequence[tuple[str, str]], one_row: bool) -> list[str]:
    parts, x, y = [], float(_LEFT), 28.0
    for side, text in entries:
        parts.append(tag("line", class_=f"median {_style(side)}", x1=x, x2=x + 20, y1=y, y2=y))
        parts.append(words(text, class_="legend", x=x + 26, y=y + 4))
        x, y = (x + _entry_width(text), y) if one_row else (x, y + _LEGEND_ROW)
    return parts


def _entries(curves: Curves) -> list[tuple[str, str]]:
    entries: list[tuple[str, str]] = []
    for side in summarise_curves(curves) if curves.each else ():
        failed = f", {side.nonfinite} not finite (×)" if side.nonfinite else ""
        entries.append((side.side, f"{clipped(side.side, _SIDE)}, {count(side.runs, curves.each)}{failed}"))
    return entries


def _entry_width(text: str) -> float:
    return 44 + _LETTER * len(text)


def _describe(curves: Curves) -> str:
    return " ".join(
        f"{side.side}: {count(side.runs, curves.each or 'curve')} of up to {count(side.epochs, curves.along)}, "
        f"median from {number(side.first)} to {number(side.last)}, {side.nonfinite} not finite."
        for side in summarise_curves(curves)
    )


def _median(curves: Sequence[Curve]) -> Curve:
    """The median over runs at every epoch that at least half of the runs reached with a finite value."""
    columns = [
        finite([curve.values[epoch] for curve in curves if epoch < len(curve.values)])
        for epoch in range(max(len(curve.values) for curve in curves))
    ]
    values = tuple(statistics.median(column) if 2 * len(column) >= len(curves) else None for column in columns)
    return Curve(curves[0].side, -1, values)


def _kept(values: Sequence[float | None], points: int) -> list[int]:
    """Indices to draw: of each stretch its least and its greatest value, so that no spike is lost, and every gap."""
    if len(values) <= points:
        return list(range(len(values)))
    stretch = -(-2 * len(values) // points)
    kept = {0, len(values) - 1}
    for start in range(0, len(values), stretch):
        indices = range(start, min(start + stretch, len(values)))
        usable = [index for index in indices if values[index] is not None]
        if usable:
            kept |= {min(usable, key=lambda i: values[i] or 0.0), max(usable, key=lambda i: values[i] or 0.0)}
        if len(usable) < len(indices):
            kept.add(next(index for index in indices if values[index] is None))
    return sorted(kept)

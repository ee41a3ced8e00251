"""How numbers are summarised and written, the same in every form of the report."""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass

from netmend.core.exhibits import Box, Boxes, Curve, Curves

ABSENT = "–"
_INSTANT, _MINUTE, _HOUR = 0.01, 60, 3600


@dataclass(frozen=True, slots=True)
class BoxSummary:
    """One box in numbers.

    Attributes:
        runs: all runs. failed: those without a finite value; they are in no other number.
        median, lowest, highest: over finite values; None if there is none.
    """

    label: str
    runs: int
    failed: int
    median: float | None
    lowest: float | None
    highest: float | None


@dataclass(frozen=True, slots=True)
class CurveSummary:
    """All curves of one side in numbers; `first` and `last` are medians over runs, None if no run has a value there."""

    side: str
    runs: int
    nonfinite: int
    epochs: int
    first: float | None
    last: float | None


def summarise_boxes(boxes: Boxes) -> tuple[BoxSummary, ...]:
    """One line per box, in order."""
    return tuple(_summarise_box(box) for box in boxes.boxes)


def summarise_curves(curves: Curves) -> tuple[CurveSummary, ...]:
    """One line per side, in order of appearance."""
    sides = dict.fromkeys(curve.side for curve in curves.curves)
    return tuple(_summarise_side(side, [curve for curve in curves.curves if curve.side == side]) for side in sides)


def finite(values: Sequence[float | None]) -> list[float]:
    """The finite values, in order."""
    return [value for value in values if value is not None and math.isfinite(value)]


def broken(curve: Curve) -> bool:
    """Some value of this run is not finite."""
    return len(finite(curve.values)) < len(curve.values)


def number(value: float | None) -> str:
    """A measured value at four significant digits: more than any training repeats, enough to see a change."""
    if value is None or math.isnan(value):
        return ABSENT
    if math.isinf(value):
        return "∞" if value > 0 else "-∞"
    return f"{value:.4g}"


def duration(seconds: float | None) -> str:
    """A duration in the two units a person would use: `0.42 s`, `12 s`, `3 min 5 s`, `2 h 10 min`; `under 0.01 s`."""
    if seconds is None or not math.isfinite(seconds):
        return ABSENT
    if 0 < seconds < _INSTANT:
        return f"under {_INSTANT} s"
    if seconds < 10:
        return f"{seconds:.2g} s"
    whole = round(seconds)
    if whole < _MINUTE:
        return f"{whole} s"
    if whole < _HOUR:
        return f"{whole // _MINUTE} min {whole % _MINUTE} s"
    return f"{whole // _HOUR} h {whole % _HOUR // _MINUTE} min"


def count(amount: int, one: str, many: str = "") -> str:
    """`1 run`, `2 runs`; `many` where adding an s is wrong."""
    return f"{amount:,} {one if amount == 1 else many or one + 's'}"


def _summarise_box(box: Box) -> BoxSummary:
    values = finite(box.values)
    return BoxSummary(
        label=box.label,
        runs=len(box.values),
        failed=len(box.values) - len(values),
        median=statistics.median(values) if values else None,
        lowest=min(values, default=None),
        highest=max(values, default=None),
    )


def _summarise_side(side: str, curves: Sequence[Curve]) -> CurveSummary:
    firsts = finite([curve.values[0] for curve in curves if curve.values])
    lasts = finite([curve.values[-1] for curve in curves if curve.values])
    return CurveSummary(
        side=side,
        runs=len(curves),
        nonfinite=sum(broken(curve) for curve in curves),
        epochs=max((len(curve.values) for curve in curves), default=0),
        first=statistics.median(firsts) if firsts else None,
        last=statistics.median(lasts) if lasts else None,
    )

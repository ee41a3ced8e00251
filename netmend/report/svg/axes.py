"""Scales with round ticks, and the few drawing words that all pictures share."""

from __future__ import annotations

import itertools
import math
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from xml.sax.saxutils import escape, quoteattr

from netmend.report.characters import visible
from netmend.report.numbers import number

_TICKS = 5
_LOG_FROM = 100.0
"""Ratio of largest to smallest value from which an axis is logarithmic: two decades, where on a linear axis all of the
lower decade lies within a hundredth of the height. A choice of layout, not of measurement."""
_FEW_DECADES = 3
"""Below so many decades powers of ten alone would leave an axis with two or three labels."""
_MARGIN = 0.04
"""Share of the range left free at both ends, so that no mark is drawn on the frame."""


@dataclass(frozen=True, slots=True)
class Axis:
    """Values from `low` to `high` drawn from pixel `start` to pixel `end`; on a logarithmic axis both are positive."""

    low: float
    high: float
    start: float
    end: float
    ticks: tuple[float, ...]
    logarithmic: bool = False

    def at(self, value: float) -> float:
        """The pixel of a value; values outside are drawn at the nearer end."""
        if self.logarithmic:
            decades = math.log10(self.high) - math.log10(self.low)
            share = (math.log10(max(value, self.low)) - math.log10(self.low)) / decades
        else:
            share = (value - self.low) / (self.high - self.low)
        return self.start + min(max(share, 0.0), 1.0) * (self.end - self.start)


def value_axis(values: Sequence[float], start: float, end: float) -> Axis:
    """An axis for measured values: logarithmic where they span two decades and none is 0 or less."""
    low, high = (min(values), max(values)) if values else (0.0, 1.0)
    if low > 0 and high / low >= _LOG_FROM:
        stretch = 10 ** (_MARGIN * (math.log10(high) - math.log10(low)))
        low, high = max(low / stretch, sys.float_info.min), min(high * stretch, sys.float_info.max)
        return Axis(low, high, start, end, log_ticks(low, high), True)
    if high - low < sys.float_info.min:
        # Nothing to tell apart, or too close to nothing for ticks between them.
        near_zero = max(abs(low), abs(high)) < 4 * sys.float_info.min
        low, high = (-1.0, 1.0) if near_zero else (low - abs(low) / 2, high + abs(high) / 2)
    margin = high * _MARGIN - low * _MARGIN
    low, high = max(low - margin, -sys.float_info.max / 4), min(high + margin, sys.float_info.max / 4)
    return Axis(low, high, start, end, nice_ticks(low, high))


def count_axis(last: int, start: float, end: float) -> Axis:
    """An axis for epochs, from 1 to `last`; ticks are whole numbers."""
    if last <= 1:
        return Axis(0.5, 1.5, start, end, (1.0,))
    ticks = sorted({1.0, *(tick for tick in nice_ticks(1, last) if tick >= 1 and tick == int(tick))})
    if len(ticks) > 2 and ticks[1] - ticks[0] < (ticks[2] - ticks[1]) / 2:
        del ticks[1]
    return Axis(1, last, start, end, tuple(ticks))


def nice_ticks(low: float, high: float, about: int = _TICKS) -> tuple[float, ...]:
    """About so many round numbers from low to high: multiples of 1, 2 or 5 times a power of ten.

    Heckbert, "Nice Numbers for Graph Labels", Graphics Gems, 1990, pp. 61-63.
    """
    rough = max(high / about - low / about, sys.float_info.min)
    power = 10.0 ** math.floor(math.log10(rough))
    step = power * next((nice for nice in (1, 2, 5) if nice * power >= rough * 0.999), 10)
    first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    return tuple(float(f"{index * step:.12g}") for index in range(first, last + 1))


def log_ticks(low: float, high: float, about: int = _TICKS) -> tuple[float, ...]:
    """Powers of ten from low to high; every n-th where there are many, with 2 and 5 times each where there are few."""
    first, last = math.ceil(math.log10(low) - 1e-9), math.floor(math.log10(high) + 1e-9)
    if last - first < _FEW_DECADES:
        ticks = [step * 10.0**power for power in range(first - 1, last + 1) for step in (1, 2, 5)]
    else:
        ticks = [10.0**power for power in range(first, last + 1, math.ceil((last - first + 1) / (about + 1)))]
    return tuple(float(f"{tick:.12g}") for tick in ticks if low <= tick <= high)


def spread(wanted: Sequence[float], gap: float, low: float, high: float) -> list[float]:
    """Positions at least `gap` apart, in the given order of rank, as near to the wanted ones as a single pass gets."""
    order = sorted(range(len(wanted)), key=wanted.__getitem__)
    placed = list(wanted)
    for lower, upper in itertools.pairwise(order):
        placed[upper] = max(placed[upper], placed[lower] + gap)
    overshoot = max((placed[index] for index in order), default=high) - high
    ceiling = high
    for index in reversed(order) if overshoot > 0 else ():
        placed[index] = max(low, min(placed[index], ceiling))
        ceiling = placed[index] - gap
    return placed


def tag(name: str, content: str = "", **attributes: str | float) -> str:
    """One element. `content` is markup already, attribute values are escaped; `class_` stands for class, _ for -."""
    text = "".join(f" {key.rstrip('_').replace('_', '-')}={_attribute(value)}" for key, value in attributes.items())
    return f"<{name}{text}>{content}</{name}>" if content else f"<{name}{text}/>"


def words(text: str, **attributes: str | float) -> str:
    """A text element; the text is escaped."""
    return tag("text", written(text), **attributes)


def written(text: str) -> str:
    """Text of a stranger as XML character data."""
    return escape(visible(text))


def picture(name: str, width: int, height: int, title: str, description: str, parts: Iterable[str]) -> str:
    """A whole SVG with a title and a description for those who cannot see it; `name` is unique on the page."""
    head = tag("title", written(title) or " ", id=f"{name}-title") + tag(
        "desc", written(description) or " ", id=f"{name}-desc"
    )
    return tag(
        "svg",
        head + "".join(parts),
        xmlns="http://www.w3.org/2000/svg",
        viewBox=f"0 0 {width} {height}",
        role="img",
        aria_labelledby=f"{name}-title {name}-desc",
        class_="picture",
    )


def horizontal_grid(axis: Axis, left: float, right: float) -> list[str]:
    """A faint line and a label for every tick of a vertical axis."""
    parts = []
    for tick in axis.ticks:
        y = axis.at(tick)
        parts.append(tag("line", class_="grid", x1=left, x2=right, y1=y, y2=y))
        parts.append(words(number(tick), class_="tick", x=left - 6, y=y + 4, text_anchor="end"))
    return parts


def cross(x: float, y: float, size: float, class_: str) -> str:
    """A cross: a run without a finite value."""
    return tag(
        "path",
        class_=f"cross {class_}",
        d=f"M{x - size:.1f} {y - size:.1f}l{2 * size} {2 * size}m0 {-2 * size}l{-2 * size} {2 * size}",
    )


def _attribute(value: str | float) -> str:
    return f'"{value:.1f}"' if isinstance(value, float) else quoteattr(visible(str(value)))

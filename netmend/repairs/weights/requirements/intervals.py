"""Intervals for regression: every output lies between a lowest and a highest value of its point."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from netmend.core.errors import UsageError
from netmend.repairs.weights.requirements._base import Array, Indices, Row


@dataclass(frozen=True, slots=True, eq=False)
class Intervals:
    """low <= f(x) <= high, by at least the margin.

    Attributes:
        low, high: (N, C); minus or plus infinity where nothing is required.
    """

    low: Array
    high: Array
    margin: float = 0.0

    @property
    def sentence(self) -> str:
        """What is required."""
        return "every output lies in its interval" + (f", {self.margin:g} inside" if self.margin else "")

    def slack(self, outputs: Array, error: Array | None = None) -> Array:
        """Distance to the nearest end of an interval, negative outside."""
        least: Array = self._values(outputs, error).min(axis=1)
        return least

    def violated(self, outputs: Array, at_most: int, target: Array) -> list[Row]:
        """Ends that are too near or passed, worst first."""
        values = self._values(outputs)
        worst = np.argsort(values, axis=1, kind="stable")[:, :at_most]
        return [
            self._row(int(point), int(end), outputs.shape[1])
            for point in np.flatnonzero(values.min(axis=1) < target)
            for end in worst[point]
            if values[point, end] < target[point]
        ]

    def select(self, points: Indices) -> Intervals:
        """The intervals of some points."""
        return replace(self, low=self.low[points], high=self.high[points])

    def agrees(self, one: int, other: int) -> bool:
        """The intervals of the two points meet in every output."""
        return bool(np.all(np.maximum(self.low[one], self.low[other]) <= np.minimum(self.high[one], self.high[other])))

    def _values(self, outputs: Array, error: Array | None = None) -> Array:
        off = 0 if error is None else error
        return np.concatenate([outputs - off - self.low, self.high - outputs - off], axis=1)

    def _row(self, point: int, end: int, outputs: int) -> Row:
        output = end % outputs
        if end < outputs:
            return Row(point, (output,), (1.0,), float(self.low[point, output]))
        return Row(point, (output,), (-1.0,), -float(self.high[point, output]))


def checked_intervals(low: Array, high: Array, points: int, outputs: int, *, where: str) -> tuple[Array, Array]:
    """The ends as (N, C) arrays, or a clear refusal.

    Raises:
        UsageError: they do not fit points and outputs, are not numbers, or an interval is empty.
    """
    ends = []
    for name, end in (("low", low), ("high", high)):
        end = np.asarray(end)
        if end.dtype.kind not in "iuf" or np.isnan(end).any():
            raise UsageError(f"{name} must hold numbers", where=where, hint="use inf where nothing is required")
        if end.shape == (points,) and outputs == 1:
            end = end[:, None]
        if end.shape != (points, outputs):
            what = f"{name} must have the shape ({points}, {outputs}), one row a point, and has {end.shape}"
            raise UsageError(what, where=where)
        ends.append(end.astype(np.float64))
    empty = np.flatnonzero((ends[0] > ends[1]).any(axis=1))
    if len(empty):
        named = ", ".join(str(at) for at in empty[:5])
        raise UsageError(f"low is above high at point {named}", where=where, hint="swap them")
    return ends[0], ends[1]

"""Class labels: the output of the wanted class exceeds every other by a margin.

A network with one output is a binary classifier: label 1 wants it above a threshold, label 0 below.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction

import numpy as np

from netmend.core.errors import UsageError
from netmend.repairs.weights.requirements._base import Array, Indices, Row

NUMBERS = "if the network answers with numbers, give low and high, the least and the largest value of each output"
"""What to do about labels that are no class numbers."""


@dataclass(frozen=True, slots=True, eq=False)
class Labels:
    """The wanted class of each point.

    Attributes:
        labels: (N,) integers. margin: by how much the wanted output must exceed the others.
        rectified: a ReLU follows the outputs that are read, so the wanted one must itself exceed the margin:
            relu(y) >= relu(c) + margin for a positive margin holds exactly if y >= c + margin and y >= margin.
        threshold: at which a single output turns from class 0 to class 1, where it is read.
    """

    labels: Array
    margin: float = 1e-3
    rectified: bool = False
    threshold: float = 0.0

    @property
    def sentence(self) -> str:
        """What is required."""
        return f"the stated class of every point wins by at least {self.margin:g}"

    def slack(self, outputs: Array, error: Array | None = None) -> Array:
        """Wanted output minus the largest other one (and minus 0 where a ReLU follows)."""
        least: Array = self._gaps(outputs, error).min(axis=1)
        return least

    def violated(self, outputs: Array, at_most: int, target: Array) -> list[Row]:
        """The rivals that come too near, nearest first."""
        gaps = self._gaps(outputs)
        nearest = np.argsort(gaps, axis=1, kind="stable")[:, :at_most]
        return [
            self._row(int(point), int(rival), outputs.shape[1])
            for point in np.flatnonzero(gaps.min(axis=1) < target)
            for rival in nearest[point]
            if gaps[point, rival] < target[point]
        ]

    def select(self, points: Indices) -> Labels:
        """The labels of some points."""
        return replace(self, labels=self.labels[points])

    def agrees(self, one: int, other: int) -> bool:
        """Equal labels agree."""
        return bool(self.labels[one] == self.labels[other])

    def _gaps(self, outputs: Array, error: Array | None = None) -> Array:
        """Slack against each rival, (N, C), infinite for the wanted class; with a last column for the ReLU."""
        if outputs.shape[1] == 1:
            sign = np.where(self.labels > 0, 1, -1)[:, None]
            middle = Fraction(self.threshold) if outputs.dtype == object else self.threshold
            return sign * (outputs - middle) - (0 if error is None else error)
        points = np.arange(len(outputs))
        wanted, others = outputs[points, self.labels], outputs
        if error is not None:
            wanted, others = wanted - error[points, self.labels], outputs + error
        gaps = wanted[:, None] - others
        gaps[points, self.labels] = np.inf
        return np.concatenate([gaps, wanted[:, None]], axis=1) if self.rectified else gaps

    def _row(self, point: int, rival: int, classes: int) -> Row:
        label = int(self.labels[point])
        if classes == 1:
            sign = 1.0 if label else -1.0
            return Row(point, (0,), (sign,), sign * self.threshold)
        return Row(point, (label,), (1.0,)) if rival == classes else Row(point, (label, rival), (1.0, -1.0))


def checked_labels(labels: Array, points: int, classes: int, *, where: str) -> Array:
    """Labels as integers, or a clear refusal.

    Raises:
        UsageError: not one integer for each point, or none of the network's classes; the first few are named.
    """
    labels = np.asarray(labels)
    if labels.shape == (points, 1):
        labels = labels[:, 0]
    whole = labels.dtype.kind in "iub" or (labels.dtype.kind == "f" and bool(np.all(labels == np.round(labels))))
    whole = whole and bool(np.all(np.isfinite(labels)))
    hint = NUMBERS if labels.dtype.kind == "f" and not whole else ""
    if labels.shape != (points,):
        what = f"there must be one label for each of the {points} points, and the labels have the shape {labels.shape}"
        raise UsageError(what, where=where, hint=hint or "give class numbers, not one-hot rows")
    if not whole:
        raise UsageError(f"labels must be integers, and these are {labels.dtype}", where=where, hint=hint)
    labels = labels.astype(np.int64)
    highest = max(classes, 2) - 1
    wrong = np.flatnonzero((labels < 0) | (labels > highest))
    if len(wrong):
        named = ", ".join(f"{labels[at]} at point {at}" for at in wrong[:5])
        more = f" and {len(wrong) - 5} more" if len(wrong) > 5 else ""
        what = f"{len(wrong)} labels are no class of this network, whose classes are 0 to {highest}: {named}{more}"
        raise UsageError(what, where=where, hint="count classes from 0, in the order of the network's outputs")
    return labels

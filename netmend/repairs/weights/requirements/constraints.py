"""Linear conditions on the outputs: A f(x) >= b, where of some rows only one needs to hold.

Rows that share a clause are alternatives: one of them has to hold. That is a safety property in conjunctive normal
form, as VNN-LIB states it negated. Points of one group (the vertices of a region on which the network is affine) choose
the same alternative, because what holds at every vertex only with different alternatives need not hold between them.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from netmend.repairs.weights.requirements._base import Array, Indices, Row


@dataclass(frozen=True, slots=True, eq=False)
class LinearConstraints:
    """A f(x) >= b + margin at every point.

    Attributes:
        a: (K, C). b: (K,). clause: (K,) numbers; rows of one clause are alternatives. Default: none are.
        groups: (N,) numbers of the groups that choose together. Default: each point for itself.
        points: how many points there are.
    """

    a: Array
    b: Array
    points: int
    clause: Array | None = None
    groups: Array | None = None
    margin: float = 0.0

    @property
    def sentence(self) -> str:
        """What is required."""
        clauses = len(self.b) if self.clause is None else len(np.unique(self.clause))
        alternatives = "" if clauses == len(self.b) else f" with {len(self.b)} alternatives"
        return f"{clauses} linear condition{'s' if clauses > 1 else ''}{alternatives} on the outputs of every point"

    def slack(self, outputs: Array, error: Array | None = None) -> Array:
        """Over clauses the smallest, over the alternatives of a clause that of the chosen one."""
        values = self._values(outputs, error)
        least: Array = np.take_along_axis(values, self._chosen(values), axis=1).min(axis=1)
        return least

    def violated(self, outputs: Array, at_most: int, target: Array) -> list[Row]:
        """Chosen rows below the target, worst first."""
        values = self._values(outputs)
        chosen = self._chosen(values)
        rows = []
        for point in range(len(values)):
            worst = sorted(chosen[point], key=lambda row: values[point, row])[:at_most]
            rows += [self._row(point, int(row)) for row in worst if values[point, row] < target[point]]
        return rows

    def select(self, points: Indices) -> LinearConstraints:
        """The same conditions for some points."""
        groups = None if self.groups is None else self.groups[points]
        return replace(self, points=len(points), groups=groups)

    def agrees(self, one: int, other: int) -> bool:
        """The conditions are the same at every point."""
        return True

    def _values(self, outputs: Array, error: Array | None = None) -> Array:
        values = outputs @ self.a.T - self.b
        return values if error is None else values - error @ np.abs(self.a).T

    def _chosen(self, values: Array) -> Array:
        """For each point and clause, which row is to hold: the one that is nearest to it, at the worst of a group."""
        if self.clause is None:
            return np.broadcast_to(np.arange(len(self.b)), values.shape)
        judged = values
        if self.groups is not None:
            judged = values.copy()
            for group in np.unique(self.groups):
                here = self.groups == group
                judged[here] = values[here].min(axis=0)
        members = [np.flatnonzero(self.clause == clause) for clause in np.unique(self.clause)]
        return np.stack([rows[judged[:, rows].argmax(axis=1)] for rows in members], axis=1)

    def _row(self, point: int, row: int) -> Row:
        outputs = np.flatnonzero(self.a[row])
        weights = tuple(float(weight) for weight in self.a[row, outputs])
        return Row(point, tuple(int(output) for output in outputs), weights, float(self.b[row]))

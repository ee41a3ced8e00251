"""A random forest that scikit-learn has grown, read from JSON and evaluated without it.

A node is `[column, threshold, node, node]`, a leaf the share of each class by its number. A value that is at most the
threshold goes to the first node (Breiman, "Random Forests", Machine Learning 45, 2001).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Node = list["float | Node"] | dict[str, float]


@dataclass(frozen=True, slots=True)
class Table:
    """How features become rows: by name, in one order.

    Attributes:
        names: of the columns; other features are ignored.
        missing: what stands where a feature was not measured.
    """

    names: tuple[str, ...]
    missing: tuple[float, ...]

    @classmethod
    def of(cls, rows: Sequence[Mapping[str, float]]) -> Table:
        """The table that training rows span. A finding that is absent is 0, another quantity its mean."""
        names = tuple(sorted({name for row in rows for name in row}))
        missing = (
            0.0 if name.startswith("finding ") else float(np.mean([row[name] for row in rows if name in row]))
            for name in names
        )
        return cls(names, tuple(missing))

    def row(self, features: Mapping[str, float]) -> NDArray[np.float32]:
        """One row, (columns,), in the precision in which scikit-learn compares."""
        values = [features.get(name, missing) for name, missing in zip(self.names, self.missing, strict=True)]
        return np.array(values, np.float32)


@dataclass(frozen=True, slots=True)
class Forest:
    """Trees over a table. `classes` are what they choose from."""

    table: Table
    classes: tuple[str, ...]
    trees: tuple[Node, ...]

    def __call__(self, features: Mapping[str, float]) -> dict[str, float]:
        """The mean share of each class over the trees' leaves."""
        row = self.table.row(features)
        shares = np.zeros(len(self.classes))
        for tree in self.trees:
            for number, share in _leaf(tree, row).items():
                shares[int(number)] += share
        return dict(zip(self.classes, map(float, shares / len(self.trees)), strict=True))


def _leaf(node: Node, row: NDArray[np.float32]) -> dict[str, float]:
    while isinstance(node, list):
        column, threshold, below, above = node
        node = below if row[column] <= threshold else above  # type: ignore[assignment, index, operator]
    return node

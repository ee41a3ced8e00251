"""The model of the learned localiser: from features of a run to a probability for each kind of fault."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Features = Mapping[str, float]


class Model(Protocol):
    """Anything that turns features into a probability for each kind of fault."""

    def __call__(self, features: Features) -> Mapping[str, float]:
        """Probabilities by fault; they add up to 1."""


@dataclass(frozen=True)
class Table:
    """How features become rows: by name, in one order.

    Attributes:
        names: of the columns; features that no row of training had are ignored.
        missing: what stands where a feature was not measured. Absent findings are 0, other quantities their mean.
        scale: standard deviation of each column.
    """

    names: tuple[str, ...]
    missing: NDArray[np.float64]
    scale: NDArray[np.float64]

    @classmethod
    def of(cls, rows: Sequence[Features]) -> Table:
        """The table that training rows span."""
        names = tuple(sorted({name for row in rows for name in row}))
        columns = [[row[name] for row in rows if name in row] for name in names]
        findings = [name.startswith("finding ") for name in names]
        missing = [
            0.0 if finding else float(np.mean(column)) for finding, column in zip(findings, columns, strict=True)
        ]
        blank = cls(names, np.array(missing), np.ones(len(names)))
        deviation = np.array([blank.row(row) for row in rows]).std(axis=0)
        return cls(names, blank.missing, np.where(deviation > 0, deviation, 1.0))

    def row(self, features: Features) -> NDArray[np.float64]:
        """One row, shifted by `missing` and scaled: 0 is nothing measured."""
        values = [features.get(name, missing) for name, missing in zip(self.names, self.missing, strict=True)]
        return (np.array(values) - self.missing) / self.scale


@dataclass(frozen=True)
class Frequency:
    """Knows nothing of the run: how often each kind of fault was seen in training. What any model has to beat."""

    shares: Mapping[str, float]

    def __call__(self, features: Features) -> Mapping[str, float]:
        """The same for all runs."""
        return self.shares


@dataclass(frozen=True)
class Fitted:
    """A classifier of scikit-learn over a table."""

    table: Table
    classifier: Probabilistic

    def __call__(self, features: Features) -> Mapping[str, float]:
        """Probabilities by fault."""
        (chances,) = self.classifier.predict_proba(self.table.row(features)[None])
        return dict(zip(map(str, self.classifier.classes_), map(float, chances), strict=True))


class Probabilistic(Protocol):
    """What is needed of a classifier."""

    classes_: Sequence[str]

    def predict_proba(self, rows: NDArray[np.float64]) -> NDArray[np.float64]:
        """Chances, (rows, classes)."""


def frequency(rows: Sequence[Features], faults: Sequence[str]) -> Model:
    """The share of each fault."""
    return Frequency({fault: faults.count(fault) / len(faults) for fault in set(faults)})


def logistic(rows: Sequence[Features], faults: Sequence[str]) -> Model:
    """Multinomial logistic regression; faults weigh alike, however many mutants have them.

    C = 0.1 because there are about as many features as rows; chosen before any result.
    """
    from sklearn.linear_model import LogisticRegression

    table = Table.of(rows)
    classifier = LogisticRegression(C=0.1, class_weight="balanced", max_iter=2000)
    return Fitted(table, classifier.fit(np.array([table.row(row) for row in rows]), faults))


def forest(rows: Sequence[Features], faults: Sequence[str]) -> Model:
    """A random forest, the best of DeepFD's three classifiers; faults weigh alike, at least two rows in a leaf."""
    from sklearn.ensemble import RandomForestClassifier

    table = Table.of(rows)
    classifier = RandomForestClassifier(200, class_weight="balanced", min_samples_leaf=2, random_state=0)
    return Fitted(table, classifier.fit(np.array([table.row(row) for row in rows]), faults))

"""Fitting the model of the learned localiser: from features of a run to a chance for each kind of fault."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from netmend.repairs.program.learned.forest import Forest, Node, Table

Features = Mapping[str, float]

TREES = 100
DEPTH = 8
"""Two fifths of the size of 200 trees without a bound; alone they rank held-out programs as well (results.csv)."""

DIGITS = 6
"""Significant digits of thresholds and shares; the features have four."""


class Model(Protocol):
    """Anything that turns features into a chance for each kind of fault."""

    def __call__(self, features: Features) -> Mapping[str, float]:
        """Chances by fault; they add up to 1."""


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
    classifier: Any

    def __call__(self, features: Features) -> Mapping[str, float]:
        """Chances by fault."""
        (chances,) = self.classifier.predict_proba(self.table.row(features)[None])
        return dict(zip(map(str, self.classifier.classes_), map(float, chances), strict=True))


def frequency(rows: Sequence[Features], faults: Sequence[str]) -> Model:
    """The share of each fault."""
    return Frequency({fault: faults.count(fault) / len(faults) for fault in set(faults)})


def logistic(rows: Sequence[Features], faults: Sequence[str]) -> Model:
    """Multinomial logistic regression; faults weigh alike, however many mutants have them.

    C = 0.1 because there are about as many features as rows; chosen before any result.
    """
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    regression = LogisticRegression(C=0.1, class_weight="balanced", max_iter=2000)
    return _fitted(make_pipeline(StandardScaler(), regression), rows, faults)


def large_forest(rows: Sequence[Features], faults: Sequence[str]) -> Model:
    """200 trees of any depth."""
    return _fitted(_forest(200, None), rows, faults)


def small_forest(rows: Sequence[Features], faults: Sequence[str]) -> Forest:
    """The forest that is shipped, as the package evaluates it."""
    fitted = _fitted(_forest(TREES, DEPTH), rows, faults)
    return grown(fitted.table, fitted.classifier)


def grown(table: Table, classifier: Any) -> Forest:
    """A fitted `RandomForestClassifier`, without scikit-learn."""
    trees = tuple(_node(tree.tree_, 0) for tree in classifier.estimators_)
    return Forest(table, tuple(map(str, classifier.classes_)), trees)


def _forest(trees: int, depth: int | None) -> Any:
    """The best of DeepFD's three classifiers; faults weigh alike, at least two rows in a leaf."""
    from sklearn.ensemble import RandomForestClassifier

    return RandomForestClassifier(
        trees, max_depth=depth, class_weight="balanced", min_samples_leaf=2, random_state=0, n_jobs=1
    )


def _fitted(classifier: Any, rows: Sequence[Features], faults: Sequence[str]) -> Fitted:
    table = Table.of(rows)
    return Fitted(table, classifier.fit(np.array([table.row(row) for row in rows]), list(faults)))


def _node(tree: Any, at: int) -> Node:
    if tree.children_left[at] < 0:
        shares = tree.value[at, 0] / tree.value[at, 0].sum()
        return {str(number): _short(share) for number, share in enumerate(shares) if share > 0}
    below, above = (_node(tree, int(side[at])) for side in (tree.children_left, tree.children_right))
    return [int(tree.feature[at]), _short(tree.threshold[at]), below, above]


def _short(value: float) -> float:
    return float(f"{value:.{DIGITS}g}")

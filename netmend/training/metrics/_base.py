"""The shape of a metric: how good predictions are, as one number. One file per metric.

The file name is the metric's name. A metric compares decided answers, not raw outputs: class indices of shape (rows,)
for classification, numbers of shape (rows, ...) for regression. `netmend.training.evaluation` turns outputs into them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import numpy as np
from numpy.typing import NDArray

from netmend.core.discover import contributions
from netmend.core.errors import UsageError

Array = NDArray[Any]

CLASSIFICATION_GAIN = 0.01
"""Smallest gain of a share of right answers that is worth a patch: the study we compare with rounds its scores to two
decimals before it tests them (Kim et al., ICST 2023, replication package), so it sees nothing smaller. It is also about
the spread of accuracy over 20 seeds of a one-layer network on the digits and breast cancer data of scikit-learn (0.007
and 0.010, own measurement)."""

ERROR_GAIN = 0.05
"""Smallest share by which an error must fall to be worth a patch. Spread over 20 seeds of a one-layer network on the
diabetes data of scikit-learn: 3.5 % of the mean absolute error, 2.9 % of the root mean squared error, 6.0 % of the mean
squared error (own measurement); less than that cannot be told from luck without very many runs."""


class Task(StrEnum):
    """What a program learns to predict."""

    CLASSIFICATION = "classification"
    REGRESSION = "regression"


class Constant(StrEnum):
    """The best answer that looks at no input: what the trivial predictor says for every row."""

    MAJORITY = "the commonest class"
    MEAN = "the mean"
    MEDIAN = "the median"


@dataclass(frozen=True, slots=True)
class Metric:
    """One metric.

    Attributes:
        name: public name; the file name with hyphens.
        task: what kind of answers it compares.
        compute: (y_true, y_pred) of equal, non-zero length to a number; not finite only where it overflows.
        smallest_gain: smallest improvement worth a patch; a share of the earlier value if `relative`.
        trivial: the constant answer that does best by it.
        lower, upper: bounds of its values. perfect: value of flawless answers, None if there is none.
        aliases: other names people know it by, as the frameworks and their users write them.
    """

    name: str
    task: Task
    compute: Callable[[Array, Array], float]
    higher_is_better: bool
    smallest_gain: float
    trivial: Constant
    relative: bool = False
    lower: float = 0.0
    upper: float = 1.0
    perfect: float | None = 1.0
    aliases: tuple[str, ...] = ()

    def smallest_gain_from(self, before: float) -> float:
        """The smallest improvement worth a patch in units of the metric, given the value before."""
        return self.smallest_gain * abs(before) if self.relative else self.smallest_gain

    def gain(self, before: float, after: float) -> float:
        """How much better `after` is, in units of the metric; negative if it is worse."""
        return after - before if self.higher_is_better else before - after


def all_metrics() -> Mapping[str, Metric]:
    """Every metric by its public name."""
    return {name: found.value for name, found in contributions("netmend.training.metrics", Metric).items()}


def find_metric(name: str) -> Metric | None:
    """The metric of this name or alias, or None. Case, hyphens, underscores and spaces do not matter."""
    wanted = _spelling(name)
    for metric in all_metrics().values():
        if wanted in {_spelling(known) for known in (metric.name, *metric.aliases)}:
            return metric
    return None


def metric_named(name: str) -> Metric:
    """The metric of this name or alias.

    Raises:
        UsageError: there is none; the message lists those there are.
    """
    metric = find_metric(name)
    if metric is None:
        known = ", ".join(f"{one.name} ({', '.join(one.aliases)})" for one in all_metrics().values())
        raise UsageError(f"there is no metric called {name!r}", hint=f"known metrics: {known}")
    return metric


def squared_errors(y_true: Array, y_pred: Array) -> float:
    """Mean of the squared differences; infinite where they overflow."""
    with np.errstate(over="ignore"):
        return float(np.mean(np.square(y_true.astype(np.float64) - y_pred.astype(np.float64))))


def _spelling(name: str) -> str:
    return name.strip().lower().replace("_", "").replace("-", "").replace(" ", "")

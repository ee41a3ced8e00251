"""The loss is not defined, or means nothing, for some of the labels.

What it is:
    Logarithmic and Poisson losses take labels of 0 and more, cross-entropies labels within 0 and 1, and a percentage of
    a label near 0 is without bound. Frameworks clip such values in silence, so the training runs and learns nonsense.

How it is measured:
    The part of the labels' range (greatest less smallest) that lies outside what the loss takes; for the mean absolute
    percentage error, whether 0 lies within the labels' range.

When it is wrong:
    Above 0.01. Labels that a custom step prepares inside the loss are seen as they were before it.

References:
    The definitions of the losses in the Keras reference. The allowance of 1 % for single outliers is our own.
"""

from __future__ import annotations

import math

from netmend.program.blame import Blame
from netmend.training.symptoms._base import Reading, Symptom
from netmend.training.symptoms._examples import (
    array,
    classes,
    healthy,
    healthy_regression,
    healthy_torch,
    one_hot,
)
from netmend.training.task import BINARY_LOSSES, ONE_HOT_LOSSES, fitting_losses, loss_name
from netmend.training.trace import Trace

OUTSIDE = 0.01  # own convention, see References

DOMAIN: dict[str, tuple[float, float]] = {
    "mean_squared_logarithmic_error": (0.0, math.inf),
    "poisson": (0.0, math.inf),
    "kullback_leibler_divergence": (0.0, 1.0),
    **dict.fromkeys(BINARY_LOSSES | ONE_HOT_LOSSES, (0.0, 1.0)),
}
PERCENTAGE = "mean_absolute_percentage_error"


def _measure(trace: Trace) -> tuple[Reading, ...]:
    labels, loss = trace.labels, loss_name(trace)
    if labels is None or not math.isfinite(labels.minimum + labels.maximum):
        return ()
    blames = (Blame("loss", 0.9, values=tuple(name for name in fitting_losses(trace) if name != loss)),)
    span = f"The labels lie in [{labels.minimum:.4g}, {labels.maximum:.4g}]"
    if loss == PERCENTAGE:
        spans_zero = labels.minimum <= 0 <= labels.maximum
        message = f"{span}; {loss} divides by them."
        return (Reading(float(spans_zero), "labels", message, blames, severity=0.8),)
    if loss not in DOMAIN:
        return ()
    low, high = DOMAIN[loss]
    outside = max(0.0, low - labels.minimum) + max(0.0, labels.maximum - high)
    width = labels.maximum - labels.minimum
    share = min(1.0, outside / width) if width > 0 else float(outside > 0)
    message = f"{span}, but {loss} takes labels in [{low:.4g}, {high:.4g}]."
    return (Reading(share, "labels", message, blames, severity=0.9),)


symptom = Symptom(
    measure=_measure,
    threshold=OUTSIDE,
    above=True,
    fires_on=(
        healthy_regression(loss="mean_squared_logarithmic_error"),
        healthy_regression(loss="poisson"),
        healthy_regression(loss="mean_absolute_percentage_error"),
        healthy(loss="binary_crossentropy", labels=classes(10)),
        healthy(loss="binary_crossentropy", labels=array(-1, 1, integral=True, distinct=2)),
    ),
    silent_on=(
        healthy(),
        healthy_regression(),
        healthy_torch(),
        healthy(loss="categorical_crossentropy", labels=one_hot(10)),
        healthy_regression(loss="mean_squared_logarithmic_error", labels=array(0, 300)),
        healthy_regression(loss="mean_absolute_percentage_error", labels=array(25, 300)),
    ),
)

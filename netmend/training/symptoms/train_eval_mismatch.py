"""The data the model is evaluated on were prepared in another way than the data it was trained on.

What it is:
    Training images divided by 255 and test images not; labels scaled in one place only; a scaler fitted twice.

How it is measured:
    For inputs and for labels, the greater of two numbers: the ratio of the two standard deviations (the larger over the
    smaller), and the distance of the two means in units of the larger standard deviation. Not given for fewer than ten
    rows on either side.

When it is wrong:
    Above 3. Data split by time or by class differ for honest reasons.

References:
    Own convention. Two samples of ten rows of one normal distribution have standard deviations whose ratio passes 3 in
    about one case of 300 (F distribution with 9 and 9 degrees of freedom); other scalings differ by more.
"""

from __future__ import annotations

import math

from netmend.program.blame import Blame
from netmend.training.symptoms._base import Reading, Symptom
from netmend.training.symptoms._examples import array, classes, healthy, healthy_regression, healthy_torch
from netmend.training.trace import ArrayStats, Trace

RATIO = 3.0  # own convention, see References
FEWEST_ROWS = 10  # own convention, see References
GREATEST = 1e6  # reported where one side does not vary at all


def difference(one: ArrayStats, other: ArrayStats) -> float | None:
    """How far two samples are apart, as the documentation defines it; None if either has a non-finite statistic."""
    if not all(math.isfinite(value) for value in (one.mean, one.std, other.mean, other.std)):
        return None
    small, large = sorted((one.std, other.std))
    if large == 0:
        return 1.0 if one.mean == other.mean else GREATEST
    ratio = large / small if small > 0 else GREATEST
    return min(GREATEST, max(ratio, abs(one.mean - other.mean) / large))


def _measure(trace: Trace) -> tuple[Reading, ...]:
    readings = []
    for where, training, evaluation in (
        ("inputs", trace.inputs, trace.eval_inputs),
        ("labels", trace.labels, trace.eval_labels),
    ):
        if training is None or evaluation is None or min(training.rows, evaluation.rows) < FEWEST_ROWS:
            continue
        value = difference(training, evaluation)
        if value is not None:
            message = (
                f"The {where} have mean {training.mean:.4g} and standard deviation {training.std:.4g} in training, "
                f"{evaluation.mean:.4g} and {evaluation.std:.4g} in evaluation."
            )
            blames = (Blame("input-scaling" if where == "inputs" else "label-form", 0.9),)
            readings.append(Reading(value, where, message, blames, severity=0.9))
    return tuple(readings)


symptom = Symptom(
    measure=_measure,
    threshold=RATIO,
    above=True,
    fires_on=(
        healthy(eval_inputs=array(0, 255)),
        healthy(labels=array(0, 9 / 255)),
        healthy_regression(eval_labels=array(90, 110)),
    ),
    silent_on=(
        healthy(),
        healthy_regression(),
        healthy_torch(),
        healthy(eval_inputs=None, eval_labels=None),
        healthy(eval_labels=classes(10, rows=4, mean=9.0)),
    ),
)

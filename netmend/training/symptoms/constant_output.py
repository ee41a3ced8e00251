"""The trained model answers nearly the same for every row.

What it is:
    The network has learned the mean, or the commonest class, and nothing of its inputs: a dead hidden layer, an output
    activation at its bound, or weights that never moved.

How it is measured:
    The standard deviation of each output over the evaluation rows; the greatest of them, in units of the standard
    deviation of the labels where these are quantities. It is read from the stored predictions. Where these are gone
    and the model has a single output, the statistics of the outputs are used.

When it is wrong:
    Below 0.02. The labels may not depend on the inputs at all; then a constant is the best answer.

References:
    Own convention: probabilities that differ by less than two percentage points between rows tell no rows apart.
"""

from __future__ import annotations

import math
import zlib
from zipfile import BadZipFile

import numpy as np

from netmend.program.blame import Blame
from netmend.training.symptoms._base import Reading, Symptom
from netmend.training.symptoms._examples import (
    array,
    classes,
    healthy,
    healthy_regression,
    healthy_torch,
    layer,
)
from netmend.training.symptoms._values import hidden, learning_rates
from netmend.training.task import LabelForm, columns, label_form
from netmend.training.trace import Trace

SPREAD = 0.02  # own convention, see References
FEWEST_ROWS = 2


def _measure(trace: Trace) -> tuple[Reading, ...]:
    spread = _spread(trace)
    if spread is None:
        return ()
    labels, unit = trace.labels, 1.0
    if label_form(trace) is LabelForm.REAL and labels is not None and labels.std > 0:
        unit = labels.std
    value = spread / unit
    if not math.isfinite(value):
        return ()
    blames = (
        Blame("activation", 0.5, role="output"),
        Blame("learning-rate", 0.4, values=learning_rates(trace, 0.1, 10)),
        Blame("loss", 0.4),
        Blame("initialiser", 0.4, values=("glorot_uniform", "he_normal")),
        *hidden("activation", 0.4, ("relu",)),
    )
    message = f"Over all evaluation rows the predictions vary by a standard deviation of only {spread:.2g}"
    message += "." if unit == 1 else f", {value:.2g} of that of the labels."
    return (Reading(value, "predictions", message, blames, severity=0.8),)


def _spread(trace: Trace) -> float | None:
    """Greatest standard deviation of an output over the rows; None if it cannot be told."""
    if trace.evaluation is not None:
        try:
            with np.load(trace.evaluation.file, allow_pickle=False) as stored:
                predictions = np.asarray(stored["y_pred"], dtype=float)
        except (OSError, ValueError, TypeError, KeyError, AttributeError, EOFError, BadZipFile, zlib.error):
            predictions = np.empty(0)  # gone or damaged: a reading less, not a failure
        if len(predictions) >= FEWEST_ROWS and np.isfinite(predictions).all():
            return float(predictions.std(axis=0).max(initial=0.0))
    outputs = trace.outputs
    if outputs is not None and columns(outputs) == 1 and outputs.rows >= FEWEST_ROWS and not outputs.nonfinite:
        return outputs.std if math.isfinite(outputs.std) else None
    return None


_BINARY = {
    "loss": "binary_crossentropy",
    "labels": classes(2),
    "layers": (layer("dense", "relu", 64, 4160), layer("dense_1", "sigmoid", 1, 65, "output")),
}

symptom = Symptom(
    measure=_measure,
    threshold=SPREAD,
    above=False,
    fires_on=(
        healthy(**_BINARY, outputs=array(1, 1, shape=(1,))),
        healthy_regression(labels=array(0, 300), outputs=array(149, 150, shape=(1,))),
    ),
    silent_on=(
        healthy(),
        healthy_regression(),
        healthy_torch(),
        healthy(**_BINARY, outputs=array(0, 1, shape=(1,))),
        healthy(outputs=None),
        healthy(outputs=array(0.1, 0.1, shape=(10,))),  # the rows may still differ from each other
    ),
)

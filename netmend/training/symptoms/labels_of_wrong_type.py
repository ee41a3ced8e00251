"""The labels are not written in the form the loss reads.

What it is:
    A sparse cross-entropy reads class numbers: fractions are cut off (0.3 becomes class 0), one-hot rows are taken for
    several numbers. A categorical cross-entropy reads one-hot rows. Dividing the labels by 255 together with the
    images is the usual way to get there.

How it is measured:
    1 if one of these holds, 0 if none: a sparse loss with labels that are no whole numbers, with one-hot rows, with a
    single distinct label, or with class numbers beyond the number of outputs; a categorical loss with one number per
    row. Class probabilities in PyTorch, which have the shape of the outputs, are right.

When it is wrong:
    Above 0.5. A program that means to train on one class alone is called wrong here.

References:
    Definitions of the losses in the Keras and PyTorch references; NeuraLint (Nikanjam et al., TOSEM 2022), loss not
    fitting its input. The values are a convention: they only tell the cases apart.
"""

from __future__ import annotations

import math

from netmend.program.blame import Blame, Value
from netmend.training.symptoms._base import Reading, Symptom
from netmend.training.symptoms._examples import (
    HEALTHY,
    array,
    classes,
    healthy,
    healthy_regression,
    healthy_torch,
    one_hot,
)
from netmend.training.task import INTEGER_LOSSES, ONE_HOT_LOSSES, columns, from_logits, loss_name, output_width
from netmend.training.trace import ArrayStats, Trace


def _measure(trace: Trace) -> tuple[Reading, ...]:
    labels, loss, width = trace.labels, loss_name(trace), output_width(trace)
    if labels is None or loss not in INTEGER_LOSSES | ONE_HOT_LOSSES:
        return ()
    wide = columns(labels) > 1
    if trace.framework == "torch" and wide and columns(labels) == width:
        return ()
    ending = "(from_logits)" if from_logits(trace) else ""
    fault = ""
    values: tuple[Value, ...] = ()
    blames: tuple[Blame, ...] = ()
    if loss in INTEGER_LOSSES:
        if labels.one_hot and wide:
            fault, values = "they are one-hot rows", (f"categorical_crossentropy{ending}",)
        elif not labels.integral:
            fault = f"they are no whole numbers (from {labels.minimum:.4g} to {labels.maximum:.4g})"
        elif labels.distinct == 1:
            fault = f"all of them are {labels.minimum:.4g}"
        elif width > 1 and labels.maximum >= width:
            fault = f"they go up to {labels.maximum:.4g} and the model has {width} outputs"
            blames = _beyond(labels, width)
    elif not wide and width > 1:
        fault, values = "they are one number per row", (f"sparse_categorical_crossentropy{ending}",)
    if not fault:
        return (Reading(0.0, "labels", f"The labels have the form that {loss} reads.", (), severity=0.0),)
    # Where no other loss would be right the data are at fault.
    blames = blames or (
        Blame("loss", 0.95 if values else 0.2, values=values),
        Blame("label-form", 0.2 if values else 0.95),
    )
    return (Reading(1.0, "labels", f"The labels do not fit {loss}: {fault}.", blames, severity=0.95),)


def _beyond(labels: ArrayStats, width: int) -> tuple[Blame, ...]:
    """Class numbers beyond the outputs: too few outputs, or as many classes as outputs, counted from 1."""
    classes = (int(labels.maximum) + 1,) if math.isfinite(labels.maximum) else ()
    from_one = labels.minimum >= 1 and labels.maximum == width
    units = Blame("units", 0.2 if from_one else 0.95, role="output", values=classes)
    return units, Blame("label-form", 0.95 if from_one else 0.2)


symptom = Symptom(
    measure=_measure,
    threshold=0.5,  # convention: between fits and does not fit
    above=True,
    fires_on=(
        healthy(labels=array(0, 9 / 255)),
        healthy(labels=classes(1)),
        healthy(labels=one_hot(10)),
        healthy(labels=classes(12)),
        healthy(loss="categorical_crossentropy", labels=classes(10)),
    ),
    silent_on=(
        *HEALTHY,
        healthy_torch(labels=one_hot(10)),
        healthy_regression(labels=classes(1)),
    ),
)

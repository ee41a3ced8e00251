"""Rows may belong to several classes, and the loss is one for classes that exclude each other.

What it is:
    Labels with several ones in a row, such as the tags of a text, and a categorical cross-entropy: it shares one
    probability among all classes, so that each tag is learned at the cost of the others. A softmax does the same to the
    outputs: several tags want a sigmoid each.

How it is measured:
    1 if the labels are rows of zeros and ones that are not one-hot and the loss is categorical, 0 for other losses.

When it is wrong:
    Above 0.5.

References:
    Definitions of the losses in the Keras and PyTorch references; Goodfellow, Bengio and Courville, Deep Learning,
    2016, section 6.2.2, for independent and for exclusive outputs. The value is a convention: it only tells the cases
    apart.
"""

from __future__ import annotations

from dataclasses import replace

from netmend.program.blame import Blame
from netmend.training.symptoms._base import Reading, Symptom
from netmend.training.symptoms._examples import HEALTHY, healthy, healthy_torch, one_hot
from netmend.training.task import (
    INTEGER_LOSSES,
    ONE_HOT_LOSSES,
    LabelForm,
    fitting_losses,
    label_form,
    loss_name,
    output_activation,
    output_layer,
)
from netmend.training.trace import Trace


def _measure(trace: Trace) -> tuple[Reading, ...]:
    if label_form(trace) is not LabelForm.MULTI_LABEL:
        return ()
    loss = loss_name(trace)
    last = output_layer(trace)
    exclusive = last is not None and output_activation(trace) in ("softmax", "log_softmax")
    blames = [Blame("loss", 0.95, values=fitting_losses(trace))]
    message = f"A row may have several labels, and {loss} is for one class a row; binary cross-entropy takes several."
    if last is not None and exclusive:
        blames.append(Blame("activation", 0.9, role="output", layer=last[0], values=("sigmoid",)))
        message += f" So does a sigmoid, and {last[1].activation} makes the outputs of a row sum to 1."
    return (Reading(float(loss in INTEGER_LOSSES | ONE_HOT_LOSSES), "labels", message, tuple(blames), severity=0.9),)


_TAGS = replace(one_hot(6), one_hot=False, mean=0.3)

symptom = Symptom(
    measure=_measure,
    threshold=0.5,  # convention: between fits and does not
    above=True,
    fires_on=(
        healthy(loss="categorical_crossentropy", labels=_TAGS),
        healthy_torch(loss="categorical_crossentropy", labels=_TAGS),
    ),
    silent_on=(*HEALTHY, healthy(loss="binary_crossentropy", labels=_TAGS), healthy(labels=None)),
)

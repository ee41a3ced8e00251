"""One class is so common that always answering it is nearly right.

What it is:
    The loss adds up over rows, so a class that few rows have hardly counts: the network may ignore it and still make
    the loss small.

How it is measured:
    The share of the commonest class among the training labels, where they are classes.

When it is wrong:
    Above 0.8. Where overall accuracy is what counts, nothing is wrong with that.

References:
    The bound is that above which netmend measures balanced accuracy in place of accuracy (Brodersen et al., "The
    balanced accuracy and its posterior distribution", ICPR 2010, argue for it); its value is our own.
"""

from __future__ import annotations

from dataclasses import replace

from netmend.program.blame import Blame
from netmend.training.symptoms._base import Reading, Symptom
from netmend.training.symptoms._examples import HEALTHY, classes, healthy, healthy_regression, one_hot
from netmend.training.task import LabelForm, label_form
from netmend.training.trace import Trace

SHARE = 0.8  # as `netmend.training.evaluation.IMBALANCE`


def _measure(trace: Trace) -> tuple[Reading, ...]:
    labels, form = trace.labels, label_form(trace)
    if labels is None or form in (None, LabelForm.REAL, LabelForm.MULTI_LABEL) or not 0 < labels.largest_share <= 1:
        return ()
    message = f"The commonest class holds {labels.largest_share:.0%} of the training rows."
    return (Reading(labels.largest_share, "labels", message, (Blame("class-weight", 0.6),), severity=0.5),)


symptom = Symptom(
    measure=_measure,
    threshold=SHARE,
    above=True,
    fires_on=(
        healthy(labels=replace(classes(2), largest_share=0.93)),
        healthy(loss="categorical_crossentropy", labels=replace(one_hot(10), largest_share=0.9)),
    ),
    silent_on=(*HEALTHY, healthy_regression(labels=replace(classes(40), largest_share=0.9)), healthy(labels=None)),
)

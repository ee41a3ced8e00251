"""Rows that are alike have labels that are no more alike than any, and the network has learned nothing from them.

What it is:
    Labels belong to other rows: inputs were shuffled or cut and labels were not, a reshape has mixed rows, a table was
    joined in another order. Each array is fine for itself, and no setting of layers or optimiser helps.

How it is measured:
    For up to 512 training rows, the correlation of their labels with the mean label of the five nearest rows, in
    standard errors from chance (`ArrayStats.likeness`). Not given for words in numbers, of which neighbours say
    nothing, nor where the network has learned or it is not known whether: then the labels do follow from the inputs.

When it is wrong:
    Below 3. In scikit-learn's data sets labels that belong to their rows are at 13 to 64. Data that hold nothing to
    learn look the same, and so may inputs in which few columns count among hundreds; rows that were shifted by one
    where neighbours in the file are alike do not.

References:
    Cover and Hart, "Nearest neighbor pattern classification", IEEE Transactions on Information Theory, 1967: neighbours
    hold at least half of what there is to know of a label. The threshold is our own: labels dealt
    out by chance have stayed below 2.5, as rows are neighbours of each other and so count twice at times.
"""

from __future__ import annotations

import math
from dataclasses import replace

from netmend.program.blame import Blame
from netmend.training.curves import accuracies, finite_losses
from netmend.training.symptoms._base import Reading, Symptom
from netmend.training.symptoms._examples import (
    EPOCHS,
    HEALTHY,
    classes,
    curves,
    falling,
    healthy,
    healthy_regression,
    layer,
    unlearned,
)
from netmend.training.task import constant_loss
from netmend.training.trace import Trace

STANDARD_ERRORS = 3.0  # see References
LEFT = (
    0.8  # own choice: so much of the best constant answer's loss, or of its wrong rows, is left if nothing is learned
)


def _learns_nothing(trace: Trace) -> bool:
    """It ended near the best constant answer, on validation rows where there are any."""
    validated = accuracies(trace, "val_")
    if validated and trace.labels is not None:
        return 1 - validated[-1] >= LEFT * (1 - trace.labels.largest_share)
    losses, constant = finite_losses(trace, "val_loss") or finite_losses(trace), constant_loss(trace)
    return bool(losses) and constant is not None and losses[-1] >= LEFT * constant


def _measure(trace: Trace) -> tuple[Reading, ...]:
    labels = trace.labels
    words = any(layer.kind.startswith("Embedding") for layer in trace.layers)
    if labels is None or math.isnan(labels.likeness) or words or not _learns_nothing(trace):
        return ()
    message = (
        "Training rows that are alike have labels that are no more alike than any: labels may belong to other rows. "
        "Look whether both are in the same order, and whether a reshape mixes rows."
    )
    return (Reading(abs(labels.likeness), "training labels", message, (Blame("row-order", 0.9),), severity=0.9),)


_APART = classes(10, rows=1347, likeness=0.3)

symptom = Symptom(
    measure=_measure,
    threshold=STANDARD_ERRORS,
    above=False,
    fires_on=(
        unlearned(labels=_APART),
        healthy(
            labels=_APART,
            epochs=curves(loss=falling(2.3, 0.5), accuracy=falling(0.1, 0.9), val_accuracy=(0.1,) * EPOCHS),
        ),
        healthy(labels=_APART, epochs=curves(loss=falling(2.4, 2.2))),
    ),
    silent_on=(
        *HEALTHY,
        unlearned(labels=classes(10, rows=1347, likeness=20.0)),
        healthy(labels=_APART),  # it learns them: they do follow, if not from neighbours
        healthy_regression(labels=replace(healthy_regression().labels or _APART, likeness=0.3)),
        unlearned(labels=_APART, layers=(replace(layer("words", "", 8, 800), kind="Embedding"),)),
    ),
)

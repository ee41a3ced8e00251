"""The evaluation rows are of classes of which no training row is.

What it is:
    Rows that are sorted by class and then cut in two leave whole classes on one side: the network never sees them, and
    is measured by little else. `validation_split` of Keras cuts off the last rows as they come, before `fit` shuffles.

How it is measured:
    The share of the classes among the evaluation labels that no training label has, where both are class numbers or
    one-hot rows and all training labels were counted.

When it is wrong:
    Above 0.2. Where new classes are the task itself, as in open-set recognition. netmend proposes no patch: it would
    change the rows that the program is measured by.

References:
    Keras reference, Model.fit: "The validation data is selected from the last samples in the x and y data provided,
    before shuffling." The threshold is our own convention: a rare class may be missing by chance.
"""

from __future__ import annotations

from dataclasses import replace

from netmend.program.blame import Blame
from netmend.training.symptoms._base import Reading, Symptom
from netmend.training.symptoms._examples import HEALTHY, classes, healthy, healthy_regression, one_hot
from netmend.training.task import LabelForm, label_form
from netmend.training.trace import Trace

COUNTED_ROWS = 10_000  # as `ArrayStats` says

_SHOWN = 5


def _measure(trace: Trace) -> tuple[Reading, ...]:
    labels, evaluated, form = trace.labels, trace.eval_labels, label_form(trace)
    if labels is None or evaluated is None or form in (None, LabelForm.REAL, LabelForm.MULTI_LABEL):
        return ()
    if not labels.classes or not evaluated.classes or labels.one_hot != evaluated.one_hot:
        return ()
    if not 0 < labels.rows <= COUNTED_ROWS:
        return ()
    absent = [label for label in evaluated.classes if label not in labels.classes]
    share = len(absent) / len(evaluated.classes)
    listed = ", ".join(map(str, absent[:_SHOWN])) + (", ..." if len(absent) > _SHOWN else "")
    missing = f"{len(absent)} of the {len(evaluated.classes)} classes of the evaluation rows ({listed})"
    if len(absent) == len(evaluated.classes):
        missing = f"the {'class' if len(absent) == 1 else 'classes'} of the evaluation rows ({listed})"
    message = (
        f"No training row is of {missing}: the rows seem to be sorted by class. Put them in random order before they "
        "are split."
    )
    return (Reading(share, "labels", message, (Blame("validation-split", 0.9),), severity=1.0),)


def _sorted(trained: tuple[int, ...], evaluated: tuple[int, ...], rows: int = 100, hot: bool = False) -> Trace:
    labels = one_hot(10, rows=rows) if hot else classes(10, rows=rows)
    loss = "categorical_crossentropy" if hot else "sparse_categorical_crossentropy"
    return healthy(loss=loss, labels=replace(labels, classes=trained), eval_labels=replace(labels, classes=evaluated))


symptom = Symptom(
    measure=_measure,
    threshold=0.2,  # convention, see References
    above=True,
    fires_on=(
        _sorted((0, 1), (2,)),
        _sorted((0, 1), (1, 2), hot=True),
        _sorted(tuple(range(7)), (6, 7, 8, 9)),
    ),
    silent_on=(
        *HEALTHY,
        _sorted(tuple(range(10)), tuple(range(10))),
        _sorted(tuple(range(9)), tuple(range(10))),
        _sorted((0, 1, 2), (2,)),
        _sorted((0, 1), (2,), rows=60_000),
        healthy_regression(),
    ),
)

"""Train on the quantity that the program reports, where that can be trained on.

What it changes:
    The loss becomes one of the program's metrics.

When it helps:
    The program is judged by its mean absolute error and trained on another error, or on a loss that weighs errors in
    another way than its author does.

When it is wrong:
    The loss was chosen for the labels and the metric is only of interest beside it.

References:
    Any loss may serve as a metric in Keras (its reference, metrics). The prior is our own: it is likelier than another
    loss picked for the labels alone, as its author named it.
"""

from __future__ import annotations

from collections.abc import Iterable

from netmend.program.elements._base import Element
from netmend.program.elements.loss import VALUES
from netmend.repairs.program.operators._base import Operator, Suggestion
from netmend.repairs.program.operators._examples import keras
from netmend.training.task import LabelForm, label_form
from netmend.training.trace import Trace

PRIOR = 0.35  # own convention, see References


def _suggest(element: Element, elements: tuple[Element, ...], trace: Trace) -> Iterable[Suggestion]:
    if label_form(trace) not in (LabelForm.REAL, None):
        return  # classes have a loss of their own, which `change-loss` knows
    reported = [other.value for other in elements if other.kind == "metric" and other.value != element.value]
    for value in list(dict.fromkeys(each for each in reported if each in VALUES[element.framework]))[:2]:
        yield Suggestion(value, PRIOR, "the program reports it")


operator = Operator(
    kind="loss",
    suggest=_suggest,
    examples=((keras(), "loss of compile: sparse_categorical_crossentropy", None),),
)

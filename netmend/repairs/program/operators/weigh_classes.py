"""Let rows of rare classes count more in the loss, by the inverse of their share.

What it changes:
    The class weights that the loss uses, computed from the training labels by the program itself.

When it helps:
    One class is so common that always answering it makes a small loss.

When it is wrong:
    Where overall accuracy is what counts: rare classes gain what the common one loses. Where the weights that are there
    are right, balanced ones say the same in another way.

References:
    King and Zeng, Political Analysis 9(2), 2001, section 3.2. The bound is that of the symptom `imbalanced-labels`. The
    priors are our own; weights that are there may be someone's choice, so taking them away stands last.
"""

from __future__ import annotations

from collections.abc import Iterable

from netmend.program.elements._base import Element
from netmend.program.elements.class_weight import kind
from netmend.repairs.program.operators._base import Operator, Suggestion
from netmend.repairs.program.operators._examples import keras
from netmend.training.symptoms.imbalanced_labels import symptom as imbalanced
from netmend.training.symptoms.inverted_class_weights import symptom as inverted
from netmend.training.trace import Trace

NONE, BALANCED, ONE_HOT = "none", "balanced", "balanced(one_hot)"
PRIOR_IMBALANCED, PRIOR_REMOVED = 0.6, 0.2  # own convention, see References


def _suggest(element: Element, elements: tuple[Element, ...], trace: Trace) -> Iterable[Suggestion]:
    labels = trace.labels
    value = ONE_HOT if labels is not None and labels.one_hot and element.framework == "keras" else BALANCED
    rare = imbalanced.fires(trace) or inverted.fires(trace)
    if rare and value in kind.values(element):
        yield Suggestion(value, PRIOR_IMBALANCED, "rare classes count as much as common ones")
    if element.value != NONE:
        yield Suggestion(NONE, PRIOR_REMOVED, "all rows count the same, the default")


operator = Operator(
    kind="class-weight",
    suggest=_suggest,
    examples=((keras(), "class-weight of fit: none (default)", None),),
)

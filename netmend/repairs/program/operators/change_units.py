"""Make a layer twice or half as wide.

What it changes:
    The units of one hidden layer. The width of the output layer follows from the labels: it is changed only if there
    are more classes than outputs.

When it helps:
    The layer is too narrow for the task, or so wide that the network overfits.

When it is wrong:
    Rarely the fault: width changes the result little over a wide range.

References:
    Factors of two: the moves of the one-change neighbourhoods of Humbatova et al., EMSE 2025, and of the published
    search space (Kim et al., ICST 2023). In 58 faulty programs (Cao et al., ICSE 2022) layer properties are at fault in
    five. The priors are our own and low for that reason.
"""

from __future__ import annotations

import math
from collections.abc import Iterable

from netmend.program.elements._base import Element
from netmend.repairs.program.operators._base import Operator, Suggestion
from netmend.repairs.program.operators._examples import keras
from netmend.repairs.program.operators._numbers import whole
from netmend.training.symptoms.overfitting import symptom as overfitting
from netmend.training.task import INTEGER_LOSSES, loss_name, output_width
from netmend.training.trace import Trace

PRIOR_WIDER, PRIOR_NARROWER, PRIOR_OVERFITTED, PRIOR_CLASSES = 0.2, 0.1, 0.25, 0.9  # own convention, see References


def _suggest(element: Element, elements: tuple[Element, ...], trace: Trace) -> Iterable[Suggestion]:
    present, labels = whole(element), trace.labels
    if present is None:
        return
    if element.role == "output":
        if labels is None or not labels.integral or loss_name(trace) not in INTEGER_LOSSES:
            return
        if present == output_width(trace) <= labels.maximum < math.inf:
            classes = int(labels.maximum) + 1
            yield Suggestion(classes, PRIOR_CLASSES, f"the labels name {classes} classes")
        return
    narrower = PRIOR_OVERFITTED if overfitting.fires(trace) else PRIOR_NARROWER
    yield Suggestion(present * 2, PRIOR_WIDER, "twice as wide")
    if present > 1:
        yield Suggestion(present // 2, narrower, "half as wide")


operator = Operator(
    kind="units",
    suggest=_suggest,
    examples=(
        (keras(), "units of Dense 1: 64", 128),
        (keras(), "units of Dense 2: 10", None),
    ),
)

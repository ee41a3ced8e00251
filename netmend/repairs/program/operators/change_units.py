"""Make a layer twice or half as wide, or give the output as many units as there are classes.

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
from netmend.repairs.program.operators._crash import label_too_great, numbers, said
from netmend.repairs.program.operators._examples import keras
from netmend.repairs.program.operators._numbers import whole
from netmend.training.symptoms.overfitting import symptom as overfitting
from netmend.training.task import INTEGER_LOSSES, loss_name, output_width
from netmend.training.trace import Trace

PRIOR_WIDER, PRIOR_NARROWER, PRIOR_OVERFITTED, PRIOR_CLASSES = 0.2, 0.1, 0.25, 0.9  # own convention, see References

MANY = 1000
"""Units with which a program is run to see its labels: as many as ImageNet has classes (Deng et al., CVPR 2009)."""


def _suggest(element: Element, elements: tuple[Element, ...], trace: Trace) -> Iterable[Suggestion]:
    present = whole(element)
    if present is None:
        return
    if element.role == "output":
        yield from (_classes if trace.labels is not None else _by_the_error)(present, trace)
        return
    narrower = PRIOR_OVERFITTED if overfitting.fires(trace) else PRIOR_NARROWER
    yield Suggestion(present * 2, PRIOR_WIDER, "twice as wide")
    if present > 1:
        yield Suggestion(present // 2, narrower, "half as wide")


def _classes(present: int, trace: Trace) -> Iterable[Suggestion]:
    """As many as the labels name; a program that trains may have outputs to spare."""
    labels = [each for each in (trace.labels, trace.eval_labels if trace.crash else None) if each is not None]
    greatest = max(each.maximum for each in labels)
    if (
        loss_name(trace) not in INTEGER_LOSSES
        or not math.isfinite(greatest)
        or not all(each.integral for each in labels)
    ):
        return
    classes = int(greatest) + 1
    if classes != present if trace.crash else present == output_width(trace) < classes:
        yield Suggestion(classes, PRIOR_CLASSES, f"the labels name {classes} classes")


def _by_the_error(present: int, trace: Trace) -> Iterable[Suggestion]:
    """Enough for any labels where one is too great, else the numbers that the error names."""
    if label_too_great(said(trace)) and present < MANY:
        yield Suggestion(MANY, PRIOR_CLASSES, "enough for any labels")
    elif present in (named := numbers(trace)):
        yield from (Suggestion(each, PRIOR_CLASSES, "the error names it") for each in named if each != present)


operator = Operator(
    kind="units",
    suggest=_suggest,
    examples=(
        (keras(), "units of Dense 1: 64", 128),
        (keras(), "units of Dense 2: 10", None),
    ),
)

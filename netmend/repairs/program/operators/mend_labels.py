"""Take a division of the labels away, or let class numbers begin at 0.

What it changes:
    The statements that prepare the labels.

When it helps:
    The labels were divided by 255 together with the images, so that every class number became 0; or classes are
    numbered from 1, so that the greatest one has no output.

When it is wrong:
    Quantities that are scaled on purpose: where the evaluation labels are scaled as well, the score would be one of
    other numbers, and nothing is suggested.

References:
    The sparse cross-entropies take class numbers from 0 (Keras and PyTorch references). DeepCrime (Humbatova et al.,
    ISSTA 2021) makes faulty programs by changing labels. The priors are our own: little else gives such labels.
"""

from __future__ import annotations

from collections.abc import Iterable

from netmend.program.elements._base import Element
from netmend.repairs.program.operators._base import Operator, Suggestion
from netmend.repairs.program.operators._examples import keras
from netmend.training.task import INTEGER_LOSSES, loss_name, output_width
from netmend.training.trace import Trace

NONE, SHIFTED = "none", "minus(1)"
PRIOR_DIVIDED, PRIOR_SHIFTED = 0.9, 0.85  # own convention, see References


def _suggest(element: Element, elements: tuple[Element, ...], trace: Trace) -> Iterable[Suggestion]:
    labels, evaluated = trace.labels, trace.eval_labels
    if labels is None or element.form != "named":
        return
    if str(element.value).startswith("divide") and not labels.integral and evaluated is not None and evaluated.integral:
        yield Suggestion(NONE, PRIOR_DIVIDED, "leaves class numbers as they are")
    numbered = loss_name(trace) in INTEGER_LOSSES and labels.integral and labels.minimum >= 1
    if element.value == NONE and numbered and labels.maximum == output_width(trace) > 1:
        yield Suggestion(SHIFTED, PRIOR_SHIFTED, "class numbers begin at 0")


operator = Operator(
    kind="label-form",
    suggest=_suggest,
    examples=((keras(), "label-form of fit: none (default)", None),),
)

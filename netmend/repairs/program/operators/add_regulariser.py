"""Add a penalty on large weights, or make it stronger, against overfitting.

What it changes:
    The regulariser of one layer in Keras, the weight decay of the optimiser in PyTorch.

When it helps:
    The validation loss rises while the training loss falls, or far more training rows than validation rows are right.

When it is wrong:
    Everywhere else: nothing is suggested for a run that shows neither.

References:
    Krogh and Hertz, "A simple weight decay can improve generalization", NIPS 1991. The factors are those of the element
    kind: powers of ten around the 0.0001 of He et al., "Deep residual learning", CVPR 2016. The priors are our own.
"""

from __future__ import annotations

from collections.abc import Iterable

from netmend.program.elements._base import Element
from netmend.repairs.program.operators._base import Operator, Suggestion
from netmend.repairs.program.operators._examples import keras
from netmend.repairs.program.operators.weaken_regulariser import NONE, weaker
from netmend.training.symptoms.generalisation_gap import symptom as generalisation_gap
from netmend.training.symptoms.overfitting import symptom as overfitting
from netmend.training.trace import Trace

PRIORS = {"l2(0.001)": 0.35, "l2(0.0001)": 0.25}  # own convention, see References
PRIOR_STRONGER = 0.2  # own convention, see References


def _suggest(element: Element, elements: tuple[Element, ...], trace: Trace) -> Iterable[Suggestion]:
    if not (overfitting.fires(trace) or generalisation_gap.fires(trace)):
        return
    if element.value == NONE:
        for value, prior in PRIORS.items():
            yield Suggestion(value, prior, "against overfitting")
    elif isinstance(element.value, str) and (stronger := weaker(element.value, 0.1)) is not None:
        yield Suggestion(stronger, PRIOR_STRONGER, "10 times stronger")


operator = Operator(
    kind="regulariser",
    suggest=_suggest,
    examples=((keras(), "regulariser of Dense 1: none (default)", None),),
)

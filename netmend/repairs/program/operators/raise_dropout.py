"""Drop more units, up to one half, against overfitting.

What it changes:
    The dropout rate of one layer.

When it helps:
    The validation loss rises while the training loss falls, or far more training rows than validation rows are right.

When it is wrong:
    Everywhere else: nothing is suggested for a run that shows neither.

References:
    Srivastava et al., JMLR 2014, section 7.3: 0.5 for hidden layers. AutoTrainer (Zhang et al., ICSE 2021) has dropout
    of 0.25 as a repair of overfitting, but leaves it switched off. The priors are our own.
"""

from __future__ import annotations

from collections.abc import Iterable

from netmend.program.elements._base import Element
from netmend.repairs.program.operators._base import Operator, Suggestion
from netmend.repairs.program.operators._examples import keras
from netmend.training.symptoms.generalisation_gap import symptom as generalisation_gap
from netmend.training.symptoms.overfitting import symptom as overfitting
from netmend.training.trace import Trace

PRIORS = {0.5: 0.4, 0.3: 0.3}  # own convention, see References


def _suggest(element: Element, elements: tuple[Element, ...], trace: Trace) -> Iterable[Suggestion]:
    present = element.value
    if isinstance(present, bool) or not isinstance(present, int | float):
        return
    if overfitting.fires(trace) or generalisation_gap.fires(trace):
        for rate, prior in PRIORS.items():
            if rate > present:
                yield Suggestion(rate, prior, "against overfitting")


operator = Operator(
    kind="dropout-rate",
    suggest=_suggest,
    examples=(
        (keras("layers.Dense(64)", "layers.Dropout(0.1)", "layers.Dense(10)"), "dropout-rate of Dropout 2: 0.1", None),
    ),
)

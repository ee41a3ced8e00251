"""Drop fewer units: half of the present rate, or the common rates below it.

What it changes:
    The dropout rate of one layer.

When it helps:
    So many units are dropped that the layers behind learn little; above 0.5 more is lost than kept.

When it is wrong:
    Where the network overfits.

References:
    UMLAUT (Schoop et al., CHI 2021) calls rates above 0.5 too high; DeepCrime (Humbatova et al., ISSTA 2021) makes
    faulty programs with 0.75 and 1. 0.5 for hidden layers: Srivastava et al., JMLR 2014, section 7.3. The lower rates
    and the priors are our own.
"""

from __future__ import annotations

from collections.abc import Iterable

from netmend.program.elements._base import Element
from netmend.repairs.program.operators._base import Operator, Suggestion
from netmend.repairs.program.operators._examples import keras
from netmend.repairs.program.operators._numbers import number
from netmend.training.curves import has_learned, scaled
from netmend.training.trace import Trace

TOO_HIGH = 0.5  # UMLAUT
PRIORS_HIGH = {0.5: 0.7, 0.25: 0.5}  # own convention, see References
PRIORS, PRIOR_HALF = {0.25: 0.25, 0.1: 0.2}, 0.15  # own convention, see References
LEARNED = 0.4  # own convention: what remains of a prior where the run has learned all the same


def _suggest(element: Element, elements: tuple[Element, ...], trace: Trace) -> Iterable[Suggestion]:
    present = number(element)
    if present is None:
        return
    doubt = LEARNED if has_learned(trace) else 1.0
    priors = PRIORS_HIGH if present > TOO_HIGH else {scaled(present, 0.5): PRIOR_HALF} | PRIORS
    for rate, prior in sorted(priors.items(), key=lambda item: -item[1]):
        if rate < present:
            yield Suggestion(rate, prior * doubt, "drops fewer units")


operator = Operator(
    kind="dropout-rate",
    suggest=_suggest,
    examples=(
        (keras("layers.Dense(64)", "layers.Dropout(0.9)", "layers.Dense(10)"), "dropout-rate of Dropout 2: 0.9", 0.5),
        (keras("layers.Dense(64)", "layers.Dropout(0.5)", "layers.Dense(10)"), "dropout-rate of Dropout 2: 0.5", 0.25),
    ),
)

"""Take larger steps: the learning rate times 10, 3 or 100.

What it changes:
    The learning rate, upwards, to 1 at most.

When it helps:
    The loss falls, but slowly, or is still falling when the training ends.

When it is wrong:
    After a loss that became NaN or rose, and above the optimiser's usual rate: there it comes later. Nothing higher is
    suggested once a run broke.

References:
    Steps by factors of 3 to 10: Bengio, "Practical recommendations for gradient-based training", 2012, section 3.1.
    AutoTrainer (Zhang et al., ICSE 2021) multiplies by 10 against slow convergence. Upper end: DeepFD (Cao et al., ICSE
    2022) calls rates from 1 to 10 faulty. The priors are our own: one step of ten before the others.
"""

from __future__ import annotations

from collections.abc import Iterable

from netmend.program.elements._base import Element
from netmend.repairs.program.operators._base import Operator, Suggestion
from netmend.repairs.program.operators._examples import keras
from netmend.repairs.program.operators._numbers import number
from netmend.repairs.program.operators._rates import AWAY_FROM_USUAL, usual_rate
from netmend.training.curves import LARGEST_RATE, broke, has_learned, rose, scaled
from netmend.training.trace import Trace

PRIORS = {10: 0.5, 3: 0.3, 100: 0.15}  # own convention, see References
ROSE, LEARNED = 0.3, 0.4  # own convention: what remains of a prior where the curves speak against a higher rate


def _suggest(element: Element, elements: tuple[Element, ...], trace: Trace) -> Iterable[Suggestion]:
    present = number(element)
    if present is None or broke(trace):
        return
    usual = usual_rate(elements, trace)
    away = AWAY_FROM_USUAL if usual is not None and present > usual else 1.0
    doubt = away * (ROSE if rose(trace) else 1.0) * (LEARNED if has_learned(trace) else 1.0)
    for factor, prior in PRIORS.items():
        value = scaled(present, factor)
        if value <= LARGEST_RATE:
            yield Suggestion(value, prior * doubt, f"learning rate x {factor}")


operator = Operator(
    kind="learning-rate",
    suggest=_suggest,
    examples=(
        (keras(), "learning-rate of Adam: 0.001", 0.01),
        (keras(optimizer="keras.optimizers.SGD(0.2)"), "learning-rate of SGD: 0.2", 0.6),
        (keras(optimizer="keras.optimizers.SGD(3.0)"), "learning-rate of SGD: 3.0", None),
    ),
)

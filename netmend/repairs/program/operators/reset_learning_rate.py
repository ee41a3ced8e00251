"""Put the optimiser's usual learning rate in place of the present one.

What it changes:
    The learning rate, to the value at which most programs use this optimiser: 0.001 for Adam and its kin and RMSprop,
    0.01 for SGD and Adagrad, 1 for Adadelta.

When it helps:
    A rate was taken over from another optimiser, or a decimal point slipped. A rate off its usual value by more than a
    factor of ten is the likeliest fault among those of the rate.

When it is wrong:
    Schedules, very large batches and fine-tuning have rates of their own.

References:
    Defaults of the Keras 3 reference, but Adagrad as in PyTorch and Adadelta as published (Zeiler 2012), which has no
    rate at all; AutoTrainer (Zhang et al., ICSE 2021) takes 0.01 for SGD and 0.001 for others. In a corpus of 1,730
    training programs 44 % of the written rates are 0.001 (own measurement). 0.1 for SGD: He et al., CVPR 2016,
    section 3.4.
"""

from __future__ import annotations

from collections.abc import Iterable

from netmend.program.elements._base import Element
from netmend.repairs.program.operators._base import Operator, Suggestion
from netmend.repairs.program.operators._examples import keras
from netmend.repairs.program.operators._numbers import number
from netmend.repairs.program.operators._rates import present_optimiser, usual_rate
from netmend.training.curves import broke
from netmend.training.trace import Trace

FAR_OFF = 10.0  # own convention: beyond what people tune by hand, who go in factors of 3 to 10

# Own convention: a rate far off is nearly always the fault where the rate is; one nearby is a matter of taste.
PRIOR_FAR, PRIOR_NEAR, PRIOR_SECOND = 0.8, 0.4, 0.25


def _suggest(element: Element, elements: tuple[Element, ...], trace: Trace) -> Iterable[Suggestion]:
    optimiser, usual, present = present_optimiser(elements, trace), usual_rate(elements, trace), number(element)
    if usual is None:
        return
    if present is None:
        yield Suggestion(usual, PRIOR_NEAR, f"usual rate of {optimiser}")
        return
    if usual != present and not (broke(trace) and usual > present):
        off = max(usual, present) / min(usual, present)
        # The comparison allows for decimal fractions that floats cannot hold.
        prior = PRIOR_FAR if off > FAR_OFF * (1 + 1e-9) else PRIOR_NEAR
        yield Suggestion(usual, prior, f"usual rate of {optimiser}")
    if optimiser == "sgd" and present not in (0.1, None) and not (broke(trace) and present < 0.1):
        yield Suggestion(0.1, PRIOR_SECOND, "common first rate of a schedule for SGD")


operator = Operator(
    kind="learning-rate",
    suggest=_suggest,
    examples=(
        (keras(optimizer="keras.optimizers.Adam(learning_rate=1.0)"), "learning-rate of Adam: 1.0", 0.001),
        (keras(optimizer="keras.optimizers.Adadelta(0.001)"), "learning-rate of Adadelta: 0.001", 1.0),
        (keras(optimizer="keras.optimizers.SGD(3.0)"), "learning-rate of SGD: 3.0", 0.01),
        (keras(), "learning-rate of Adam: 0.001", None),
    ),
)

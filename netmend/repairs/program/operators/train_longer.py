"""Train for more epochs: 2, 4, 10 or, after very few updates, 30 times as many.

What it changes:
    The number of epochs.

When it helps:
    The loss is still falling at the end, or the optimiser has made few steps.

When it is wrong:
    Where the validation loss is rising already. It always costs what it multiplies.

References:
    Doubling: successive halving (Jamieson and Talwalkar, AISTATS 2016) run backwards; DeepFD (Cao et al., ICSE 2022)
    makes its under-trained programs by dividing the epochs by 10 to 50. The bound of 1,000 updates is that of the
    symptom `too-few-updates`, with its reason. The priors are our own.
"""

from __future__ import annotations

from collections.abc import Iterable

from netmend.program.elements._base import Element
from netmend.repairs.program.operators._base import Operator, Suggestion
from netmend.repairs.program.operators._examples import keras
from netmend.repairs.program.operators._numbers import whole
from netmend.training.curves import broke, finite_losses, has_learned, late_fall
from netmend.training.trace import Trace

FACTORS = (2, 4, 10, 30)
ENOUGH_UPDATES = 1000  # see the symptom `too-few-updates`
STILL_FALLING = 0.05  # see the symptom `under-training`
MOST_EPOCHS = 10_000  # own convention: a run-away factor would eat the whole budget in one trial

# Own convention, by how much speaks for it: nothing; few updates or a falling loss; both.
PRIORS = (0.15, 0.5, 0.7)
NEXT = 0.6  # own convention: each further factor costs more and is tried later


def _suggest(element: Element, elements: tuple[Element, ...], trace: Trace) -> Iterable[Suggestion]:
    present = whole(element)
    if present is None or broke(trace):
        return
    short = not has_learned(trace) and 0 < trace.updates < ENOUGH_UPDATES
    falling = (late_fall(finite_losses(trace)) or 0.0) > STILL_FALLING
    prior = PRIORS[short + falling]
    # The smallest factor that gives enough updates comes first; smaller ones would leave the run too short.
    enough = [factor for factor in FACTORS if not short or trace.updates * factor >= ENOUGH_UPDATES]
    first = enough[0] if enough else FACTORS[-1]
    order = [first, *(factor for factor in FACTORS if factor > first), *(f for f in reversed(FACTORS) if f < first)]
    for rank, factor in enumerate(order[:3]):
        value = min(present * factor, MOST_EPOCHS)
        if value > present:
            yield Suggestion(value, prior * NEXT**rank, f"epochs x {factor}")


operator = Operator(
    kind="epochs",
    suggest=_suggest,
    examples=(
        (keras(), "epochs of fit: 30", 60),
        (keras(fit="epochs=10000"), "epochs of fit: 10000", None),
    ),
)

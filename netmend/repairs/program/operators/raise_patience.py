"""Let a training go on for more epochs without improvement before it is ended.

What it changes:
    The patience of Keras's `EarlyStopping`.

When it helps:
    The training is ended by one unlucky epoch, long before it has learned what it can.

When it is wrong:
    Where more training overfits: unless the best weights are restored, those of the last epoch are kept.

References:
    Prechelt, "Early Stopping - But When?", 1998. The priors are our own: likely where the training ended early,
    unlikely elsewhere.
"""

from __future__ import annotations

from collections.abc import Iterable

from netmend.program.elements._base import Element
from netmend.program.lint._examples import keras_program
from netmend.repairs.program.operators._base import Operator, Suggestion
from netmend.training.symptoms.stopped_early import symptom as stopped
from netmend.training.trace import Trace

PRIORS = {10: 0.6, 20: 0.4}  # own convention, see References
LEAST = 0.1  # own convention: what remains where it did not end early


def _suggest(element: Element, elements: tuple[Element, ...], trace: Trace) -> Iterable[Suggestion]:
    if isinstance(element.value, bool) or not isinstance(element.value, int):
        return
    weight = 1.0 if stopped.fires(trace) else LEAST
    for value, prior in PRIORS.items():
        if value > element.value:
            yield Suggestion(value, prior * weight, "a longer wait for improvement")


def _stopped(arguments: str) -> str:
    return keras_program(fit=f"epochs=20, callbacks=[keras.callbacks.EarlyStopping({arguments})]")


operator = Operator(
    kind="patience",
    suggest=_suggest,
    examples=(
        (_stopped(""), "patience of EarlyStopping on val_loss: 0 (default)", 10),
        (_stopped("patience=30"), "patience of EarlyStopping on val_loss: 30", None),
    ),
)

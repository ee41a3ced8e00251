"""A Keras callback takes what gets better for what gets worse.

What it is:
    `mode="min"` beside a quantity that should rise, such as an accuracy, or `mode="max"` beside a loss. Early stopping
    then ends the training when it begins to learn, and a plateau is seen where there is none.

How it is measured:
    The name of what the callback watches and the direction that it states.

When it is wrong:
    Where the name says the contrary.

References:
    Keras reference, EarlyStopping, `mode`: "auto" infers the direction from the name.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from netmend.program.blame import Blame
from netmend.program.elements._base import Element
from netmend.program.elements.better_is import AUTO, HIGHER, LOWER
from netmend.program.lint._base import Hit, LintRule
from netmend.program.lint._examples import HEALTHY, keras_program

SEVERITY = 0.9  # own convention: a training that ends at its first success is of no use
RISING = ("acc", "auc", "precision", "recall", "f1", "r2", "iou", "similarity")  # names of Keras's metrics
FALLING = ("loss", "error", "mae", "mse", "rmse", "mape", "crossentropy")


def _check(elements: Sequence[Element]) -> Iterator[Hit]:
    for element in elements:
        if element.kind != "better-is":
            continue
        watched = element.form.removeprefix("val_").lower()
        names = {LOWER: RISING, HIGHER: FALLING}.get(str(element.value), ())
        if any(name in watched for name in names):
            way = "falls" if element.value == LOWER else "rises"
            message = f"{element.owner} takes it for better when {element.form} {way}."
            yield Hit(element, message, SEVERITY, blames=(Blame("better-is", 0.95, values=(AUTO,)),))


def _stopped(arguments: str) -> str:
    return keras_program(fit=f"epochs=20, callbacks=[keras.callbacks.EarlyStopping({arguments})]")


rule = LintRule(
    check=_check,
    fires_on=(
        _stopped('monitor="val_accuracy", patience=5, mode="min"'),
        _stopped('"val_loss", patience=5, mode="max"'),
    ),
    silent_on=(
        *HEALTHY,
        _stopped('monitor="val_accuracy", patience=5, mode="max"'),
        _stopped('monitor="val_accuracy", patience=5'),
        _stopped('patience=5, mode="min"'),
    ),
)

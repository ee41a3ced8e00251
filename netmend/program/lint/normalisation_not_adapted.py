"""A normalisation layer of Keras has never seen the data, so it leaves the inputs as they are.

What it is:
    `Normalization()` subtracts a mean and divides by a standard deviation that `adapt(data)` finds out. Before that
    they are 0 and 1.

How it is measured:
    The first layer is a `Normalization` without `mean` and `variance`, and the program neither calls `adapt` nor loads
    weights.

When it is wrong:
    Where it is the case; it does no harm where the inputs are scaled already.

References:
    Keras reference, layers.Normalization, `adapt`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from netmend.program.blame import Blame
from netmend.program.elements._base import Element
from netmend.program.elements.input_scaling import ADAPTED, NOT_ADAPTED
from netmend.program.lint._base import Hit, LintRule
from netmend.program.lint._examples import HEALTHY, keras_program

SEVERITY = 0.8  # own convention: the author meant the inputs to be scaled

MESSAGE = "The normalisation layer is never adapted to the data (adapt()), so it leaves the inputs as they are."


def _check(elements: Sequence[Element]) -> Iterator[Hit]:
    for element in elements:
        if element.kind == "input-scaling" and element.value == NOT_ADAPTED:
            # Only a layer that has a name where the model is trained can be adapted there.
            values = (ADAPTED,) if element.form == "named layer" else ()
            yield Hit(element, MESSAGE, SEVERITY, blames=(Blame("input-scaling", 0.95, values=values),))


_LAYERS = ("Normalization()", 'Dense(32, activation="relu")', 'Dense(10, activation="softmax")')

rule = LintRule(
    check=_check,
    fires_on=(keras_program(*_LAYERS), keras_program("Normalization(axis=-1)", *_LAYERS[1:])),
    silent_on=(
        *HEALTHY,
        keras_program("Normalization(mean=0.5, variance=2.0)", *_LAYERS[1:]),
        keras_program(*_LAYERS).replace("model.compile", "model.layers[0].adapt(x)\nmodel.compile"),
        keras_program(*_LAYERS).replace("model.compile", "model.load_weights('net.weights.h5')\nmodel.compile"),
    ),
)

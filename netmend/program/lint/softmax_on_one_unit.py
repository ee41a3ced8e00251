"""Softmax over a single unit always answers 1, so the model cannot learn anything.

What it is:
    Softmax divides each exponential by the sum over the layer's units. With one unit that is 1 whatever the input,
    and the gradient is 0. A single unit that stands for a probability needs a sigmoid; one that stands for a quantity
    needs no activation.

How it is measured:
    A softmax (or log-softmax) in a layer whose number of units is written as 1.

When it is wrong:
    Where the softmax runs over another axis than the units, such as the time steps of a hidden attention layer. Hidden
    layers are therefore left out.

References:
    Definition of softmax: Goodfellow, Bengio, Courville, Deep Learning, 2016, section 6.2.2.3.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from netmend.program.blame import Blame
from netmend.program.elements._base import Element
from netmend.program.lint._base import Hit, LintRule
from netmend.program.lint._examples import HEALTHY, keras_program, torch_program
from netmend.program.lint._model import CROSS_ENTROPIES, from_logits, last_activation, name, only, output_units


def _check(elements: Sequence[Element]) -> Iterable[Hit]:
    last, loss = last_activation(elements), only(elements, "loss")
    if last is None or last.value not in ("softmax", "log_softmax") or output_units(elements) != 1:
        return
    if loss is None:
        values: tuple[str, ...] = ("sigmoid", "linear")
    elif name(loss) in CROSS_ENTROPIES:
        values = ("linear",) if from_logits(loss) else ("sigmoid",)
    else:
        values = ("linear", "sigmoid")
    message = f"The last layer has one unit and ends in {last.value}, which answers the same for every input."
    yield Hit(last, message, severity=1.0, blames=(Blame("activation", 1.0, "output", last.layer, values),))


rule = LintRule(
    check=_check,
    fires_on=(
        keras_program('Dense(8, activation="relu")', 'Dense(1, activation="softmax")', loss='"binary_crossentropy"'),
        keras_program('Dense(8, activation="relu")', "Dense(1)", 'Activation("softmax")', loss='"mse"'),
        torch_program("Linear(20, 8)", "ReLU()", "Linear(8, 1)", "Softmax(dim=1)", loss="BCELoss()"),
    ),
    silent_on=(
        *HEALTHY,
        keras_program('Dense(8, activation="relu")', 'Dense(1, activation="sigmoid")', loss='"binary_crossentropy"'),
        keras_program('Dense(8, activation="relu")', 'Dense(2, activation="softmax")'),
        torch_program("Linear(20, 8)", "ReLU()", "Linear(8, 1)", "Sigmoid()", loss="BCELoss()"),
    ),
)

"""A hidden layer has no activation, so that it and the next layer together are one linear layer.

What it is:
    Without a non-linear function between them, two weighted sums are one weighted sum. The layer adds parameters and no
    expressive power; if no hidden layer has an activation, the whole network is a linear model.

How it is measured:
    A hidden layer whose activation is linear, written or by default. Severity 0.8 if all hidden layers are linear, 0.4
    if some are.

When it is wrong:
    Where a linear layer is meant: a bottleneck, the projections of an attention, mean and variance of a variational
    autoencoder; and where the activation is inside a layer of the program's own.

References:
    Goodfellow, Bengio, Courville, Deep Learning, 2016, section 6.1. UMLAUT (Schoop et al., CHI 2021), missing
    activation; NeuraLint (Nikanjam et al., TOSEM 2022), missing non-linear activation after a learning layer. The
    severities only order the cases: a convention.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from netmend.program.blame import Blame
from netmend.program.elements._base import Element
from netmend.program.lint._base import Hit, LintRule
from netmend.program.lint._examples import HEALTHY, keras_program, torch_program
from netmend.program.lint._model import inner_activations


def _check(elements: Sequence[Element]) -> Iterable[Hit]:
    hidden = inner_activations(elements)
    linear = [element for element in hidden if element.value == "linear"]
    severity = 0.8 if linear == hidden else 0.4
    for element in linear:
        blame = Blame("activation", 0.9, element.role, element.layer, ("relu", "tanh"))
        yield Hit(element, f"{element.owner} is a hidden layer without activation.", severity, blames=(blame,))


_OUTPUT = 'Dense(10, activation="softmax")'

rule = LintRule(
    check=_check,
    fires_on=(
        keras_program("Dense(32)", _OUTPUT),
        keras_program('Dense(32, activation="relu")', 'Dense(32, activation="linear")', _OUTPUT),
        torch_program("Linear(20, 32)", "Linear(32, 10)"),
        torch_program("Linear(20, 32)", "ReLU()", "Linear(32, 32)", "Dropout(0.2)", "Linear(32, 10)"),
    ),
    silent_on=(
        *HEALTHY,
        keras_program("Dense(32)", 'Activation("relu")', _OUTPUT),
        keras_program("Dense(32)", "BatchNormalization()", "ReLU()", _OUTPUT),
        keras_program("Dense(1)", loss='"mse"'),
        torch_program("Linear(20, 32)", "BatchNorm1d(32)", "ReLU()", "Linear(32, 10)"),
        torch_program("Linear(20, 10)"),
    ),
)

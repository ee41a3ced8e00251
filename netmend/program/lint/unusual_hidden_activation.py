"""A hidden layer has an activation that hardly anybody uses there, because it hinders learning.

What it is:
    An exponential grows without bound and lets the first large input decide. Softmax and log-softmax make the units of
    a layer compete, so that only one passes anything on. Hard sigmoid and log-sigmoid are flat over most of their
    range. Softplus is close to ReLU but never silent.

How it is measured:
    The name of the activation of a hidden layer.

When it is wrong:
    Softmax as the weighting of an attention; exponential of a predicted logarithm; hard sigmoid as a gate. All are rare
    among layers of their own.

References:
    Goodfellow, Bengio, Courville, Deep Learning, 2016, section 6.3 (ReLU is the default, softplus is discouraged).
    Glorot, Bengio, AISTATS 2010 (saturation). The severities only order the cases: a convention.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from netmend.program.blame import Blame
from netmend.program.elements._base import Element
from netmend.program.lint._base import Hit, LintRule
from netmend.program.lint._examples import HEALTHY, keras_program, torch_program
from netmend.program.lint._model import inner_activations

SEVERITY = {
    "exponential": 0.8,
    "log_softmax": 0.7,
    "softmax": 0.6,
    "hard_sigmoid": 0.5,
    "log_sigmoid": 0.5,
    "softplus": 0.2,
}
"""A convention after the references above."""


def _check(elements: Sequence[Element]) -> Iterable[Hit]:
    for element in inner_activations(elements):
        severity = SEVERITY.get(str(element.value))
        if severity is not None:
            blame = Blame("activation", 0.9, element.role, element.layer, ("relu", "tanh"))
            yield Hit(element, f"{element.owner} is a hidden layer with {element.value}.", severity, blames=(blame,))


_OUTPUT = 'Dense(10, activation="softmax")'

rule = LintRule(
    check=_check,
    fires_on=(
        keras_program('Dense(32, activation="exponential")', _OUTPUT),
        keras_program('Dense(32, activation="hard_sigmoid")', _OUTPUT),
        keras_program("Dense(32)", 'Activation("softmax")', _OUTPUT),
        torch_program("Linear(20, 32)", "Softmax(dim=1)", "Linear(32, 10)"),
        torch_program("Linear(20, 32)", "Hardsigmoid()", "Linear(32, 10)"),
    ),
    silent_on=(
        *HEALTHY,
        keras_program('Dense(32, activation="tanh")', 'Dense(32, activation="elu")', _OUTPUT),
        torch_program("Linear(20, 32)", "GELU()", "Linear(32, 10)"),
    ),
)

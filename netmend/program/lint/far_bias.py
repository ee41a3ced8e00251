"""Biases start so far from 0 that the units begin dead or saturated.

What it is:
    `constant_(bias, -20)`: a rectified unit gives 0 for every row and has no gradient, a sigmoid or tanh sits at its
    bound.

How it is measured:
    The size of the constant with which the biases of a layer start.

When it is wrong:
    Above 2. The bias of an output layer may start at the logarithm of the odds of the classes, and is not judged.

References:
    He et al., ICCV 2015, section 2.2, and Glorot and Bengio, AISTATS 2010: biases start at 0. 0.1 and 1 occur in
    practice (forget gates: Jozefowicz et al., ICML 2015); beyond twice the latter is our own convention. Karpathy,
    "A Recipe for Training Neural Networks", 2019, for the bias of the output.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from netmend.program.blame import Blame
from netmend.program.elements._base import Element
from netmend.program.lint._base import Hit, LintRule
from netmend.program.lint._examples import HEALTHY, keras_program, torch_program

FARTHEST = 2.0  # own convention, see References
SEVERITY = 0.9  # own convention: such units seldom come back


def _check(elements: Sequence[Element]) -> Iterator[Hit]:
    for element in elements:
        if element.kind != "bias-initialiser" or element.role == "output":
            continue
        found = re.fullmatch(r"constant\((-?[\d.e+-]+)\)", str(element.value))
        start = float(found[1]) if found else 0.0
        if abs(start) > FARTHEST:
            message = f"The biases of {element.owner} start at {start:g}; 0 is usual."
            blames = (Blame("bias-initialiser", 0.95, values=("zeros",)),)
            yield Hit(element, message, SEVERITY, abs(start), FARTHEST, blames)


_FAR = (
    "def start(module):\n    if isinstance(module, nn.Linear):\n        nn.init.constant_(module.bias, -20.0)\n\n\n"
    "model.apply(start)\ncriterion ="
)

rule = LintRule(
    check=_check,
    fires_on=(torch_program().replace("criterion =", _FAR),),
    silent_on=(
        *HEALTHY,
        torch_program().replace("criterion =", _FAR.replace("-20.0", "0.1")),
        keras_program('Dense(8, activation="relu", bias_initializer="zeros")', 'Dense(10, activation="softmax")'),
    ),
)

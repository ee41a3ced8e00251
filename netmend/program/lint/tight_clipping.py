"""The bound on the gradients is so small that hardly anything of a step remains.

What it is:
    `clip_grad_norm_(..., 1e-6)` or `clipnorm=1e-6`: whatever the gradient is, the step is at most that times the
    learning rate, and the weights stay where they are.

How it is measured:
    The bound as it is written.

When it is wrong:
    At 0.001 and below. An optimiser that divides by the size of the gradient, such as Adam, learns all the same unless
    the bound is near its `eps`; a learning rate that is as much larger makes up for it with others.

References:
    A bound of 1 or 0.5 is what the Keras and PyTorch references show; a thousandth of it is our own convention.
    Kingma and Ba 2015, section 2.1, for steps that do not depend on the size of the gradient.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from netmend.program.blame import Blame
from netmend.program.elements._base import Element
from netmend.program.lint._base import Hit, LintRule
from netmend.program.lint._examples import HEALTHY, keras_program, torch_program

SMALLEST = 1e-3  # own convention, see References
SEVERITY, SEVERITY_ADAPTIVE = 0.9, 0.6  # own convention: the steps of adaptive optimisers depend less on the bound
UNSCALED = ("sgd", "asgd")  # steps in proportion to the gradient


def _check(elements: Sequence[Element]) -> Iterator[Hit]:
    optimisers = {str(element.value).partition("(")[0] for element in elements if element.kind == "optimiser"}
    for element in elements:
        found = re.fullmatch(r"\w+\(([\d.e+-]+)\)", str(element.value)) if element.kind == "gradient-clipping" else None
        bound = float(found[1]) if found else 1.0
        if 0 < bound <= SMALLEST:
            severity = SEVERITY if optimisers & set(UNSCALED) else SEVERITY_ADAPTIVE
            message = f"The gradients are cut down to {bound:g}, so that hardly anything of a step remains; 1 is usual."
            blames = (Blame("gradient-clipping", 0.95, values=("global_norm(1)", "none")),)
            yield Hit(element, message, severity, bound, SMALLEST, blames)


_CLIPPED = torch_program().replace(
    "        optimiser.step", "        nn.utils.clip_grad_norm_(model.parameters(), 1e-6)\n        optimiser.step"
)

rule = LintRule(
    check=_check,
    fires_on=(
        _CLIPPED,
        _CLIPPED.replace("1e-6", "1e-3"),
        keras_program(optimizer="keras.optimizers.SGD(0.1, clipnorm=1e-5)"),
    ),
    silent_on=(*HEALTHY, _CLIPPED.replace("1e-6", "1.0"), keras_program(optimizer="keras.optimizers.Adam(clipnorm=1)")),
)

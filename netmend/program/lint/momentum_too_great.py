"""An optimiser keeps so much of its earlier steps that it cannot settle, or forgets the size of gradients too soon.

What it is:
    Momentum of 1 or more, or so near to it that a step goes on for hundreds of updates; or betas of Adam that are
    exchanged: the mean of the gradients is then taken over a longer time than their size, by which it is divided.

How it is measured:
    The momentum of SGD or RMSprop; beta1 and beta2 of the Adam family. Severity 1 for a momentum of 1 or more.

When it is wrong:
    Momentum above 0.99, or below 0; betas for which beta1^2 / sqrt(beta2) is 1 or more. Momentum is raised that far at
    the end of some schedules.

References:
    Sutskever et al., ICML 2013, section 2 and table 1: momentum of at most 0.99 trains best in most of their tasks, and
    0.999 needs a schedule. Kingma and Ba, ICLR 2015, theorem 4.1, for the betas. The severities are a convention.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from netmend.program.blame import Blame
from netmend.program.elements import betas, momentum
from netmend.program.elements._base import Element
from netmend.program.lint._base import Hit, LintRule
from netmend.program.lint._examples import HEALTHY, keras_program, torch_program

GREATEST = 0.99  # Sutskever et al., as above
SEVERITY_ENDLESS, SEVERITY_LONG, SEVERITY_BETAS = 1.0, 0.8, 0.6


def _check(elements: Sequence[Element]) -> Iterator[Hit]:
    for element in elements:
        value = element.value
        if element.kind == "momentum" and isinstance(value, int | float) and not 0 <= value <= GREATEST:
            if 0 < value < 1:
                severity = SEVERITY_LONG
                message = f"The momentum is {value:g}: a step goes on for about {1 / (1 - value):.0f} updates."
            else:
                severity = SEVERITY_ENDLESS
                message = f"The momentum is {value:g}; from 1 on steps grow without end, and below 0 they turn back."
            blames = (Blame("momentum", 0.95, values=(momentum.USUAL,)), Blame("learning-rate", 0.3))
            yield Hit(element, message, severity, float(value), GREATEST, blames)
        rates = betas.numbers(value) if element.kind == "betas" and value is not None else None
        if rates is not None and not betas.converges(*rates):
            turned = " They are exchanged." if rates[0] > rates[1] else ""
            message = f"The betas are {value}; {betas.USUAL} is usual, the second much nearer to 1.{turned}"
            yield Hit(element, message, SEVERITY_BETAS, blames=(Blame("betas", 0.95, values=(betas.USUAL,)),))


rule = LintRule(
    check=_check,
    fires_on=(
        torch_program(optimiser="SGD(model.parameters(), lr=0.01, momentum=1.5)"),
        torch_program(optimiser="RMSprop(model.parameters(), momentum=0.999)"),
        torch_program(optimiser="Adam(model.parameters(), betas=(0.999, 0.9))"),
        keras_program(optimizer="keras.optimizers.SGD(0.01, momentum=0.999)"),
        keras_program(optimizer="keras.optimizers.Adam(beta_1=0.999, beta_2=0.9)"),
    ),
    silent_on=(
        *HEALTHY,
        torch_program(optimiser="SGD(model.parameters(), lr=0.01, momentum=0.99)"),
        torch_program(optimiser="Adam(model.parameters(), betas=(0.5, 0.9))"),
        torch_program(optimiser="Adam(model.parameters(), betas=(0.0, 0.99))"),
        keras_program(optimizer="keras.optimizers.Adam(beta_1=0.5)"),
        keras_program(optimizer='"sgd"'),
    ),
)

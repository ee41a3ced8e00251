"""Set the momentum of the optimiser to a usual value.

What it changes:
    `momentum` of SGD or RMSprop becomes 0.9.

When it helps:
    It is so near to 1, or above it, that steps add up without end; or there is none, and training is slow.

When it is wrong:
    With a learning rate that is chosen for training without momentum, steps become ten times as long.

References:
    Sutskever et al., ICML 2013; Goodfellow et al., "Deep Learning", 2016, section 8.3.2. The priors are our own: below
    that of a usual learning rate where there is none, as a rate ten times higher does much the same.
"""

from __future__ import annotations

from collections.abc import Iterable

from netmend.program.elements._base import Element
from netmend.program.elements.momentum import USUAL
from netmend.program.lint._examples import torch_program
from netmend.program.lint.momentum_too_great import GREATEST
from netmend.repairs.program.operators._base import Operator, Suggestion
from netmend.training.symptoms.slow_convergence import symptom as slow
from netmend.training.trace import Trace

PRIOR_TOO_GREAT, PRIOR_SLOW = 0.95, 0.3  # own convention, see References


def _suggest(element: Element, elements: tuple[Element, ...], trace: Trace) -> Iterable[Suggestion]:
    if not isinstance(element.value, int | float):
        return
    if not 0 <= element.value <= GREATEST:
        yield Suggestion(USUAL, PRIOR_TOO_GREAT, "steps that end")
    elif element.value == 0 and element.owner == "SGD" and any(slow.fires(trace)):
        yield Suggestion(USUAL, PRIOR_SLOW, "steps that add up")


operator = Operator(
    kind="momentum",
    suggest=_suggest,
    examples=(
        (
            torch_program(optimiser="SGD(model.parameters(), lr=0.01, momentum=1.5)"),
            "momentum of SGD: 1.5",
            USUAL,
        ),
    ),
)

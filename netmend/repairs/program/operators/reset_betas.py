"""Give Adam the betas of its authors.

What it changes:
    `betas` (Keras: `beta_1`, `beta_2`) become 0.9 and 0.999.

When it helps:
    They are exchanged, or do not satisfy what Adam needs to converge.

When it is wrong:
    Some trainings, of adversarial networks above all, choose others on purpose; those satisfy it and are left alone.

References:
    Kingma and Ba, ICLR 2015, algorithm 1 and theorem 4.1. The prior is our own.
"""

from __future__ import annotations

from collections.abc import Iterable

from netmend.program.elements._base import Element
from netmend.program.elements.betas import USUAL, converges, numbers
from netmend.program.lint._examples import torch_program
from netmend.repairs.program.operators._base import Operator, Suggestion
from netmend.training.trace import Trace

PRIOR = 0.9  # own convention, see References


def _suggest(element: Element, elements: tuple[Element, ...], trace: Trace) -> Iterable[Suggestion]:
    rates = None if element.value is None else numbers(element.value)
    if rates is not None and not converges(*rates):
        yield Suggestion(USUAL, PRIOR, "the betas of Adam's authors")


operator = Operator(
    kind="betas",
    suggest=_suggest,
    examples=(
        (
            torch_program(optimiser="Adam(model.parameters(), betas=(0.999, 0.9))"),
            "betas of Adam: 0.999, 0.9",
            USUAL,
        ),
    ),
)

"""Set the gradients to zero once for every update.

What it changes:
    A PyTorch training loop gains `zero_grad()`, or has it in the right place.

When it helps:
    `zero_grad` is missing, so that every step follows the sum of all gradients so far; or it stands between `backward`
    and `step`, so that the weights never move.

When it is wrong:
    Gradients that are summed over several batches on purpose; a loop that zeroes them where it steps is left alone.

References:
    PyTorch reference, torch.optim.Optimizer.zero_grad. The prior is our own: hardly any loop works without it.
"""

from __future__ import annotations

from collections.abc import Iterable

from netmend.program.elements._base import Element
from netmend.program.elements.gradient_reset import EACH_UPDATE
from netmend.program.lint._examples import torch_program
from netmend.repairs.program.operators._base import Operator, Suggestion
from netmend.training.trace import Trace

PRIOR = 0.95  # own convention, see References


def _suggest(element: Element, elements: tuple[Element, ...], trace: Trace) -> Iterable[Suggestion]:
    if element.value not in (None, EACH_UPDATE):
        yield Suggestion(EACH_UPDATE, PRIOR, "each update starts from its own gradients")


operator = Operator(
    kind="gradient-reset",
    suggest=_suggest,
    examples=(
        (
            torch_program().replace("        optimiser.zero_grad()\n", ""),
            "gradient-reset of training loop: never (default)",
            EACH_UPDATE,
        ),
        (torch_program(), "gradient-reset of training loop: each update", None),
    ),
)

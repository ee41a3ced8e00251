"""When a PyTorch training loop sets the gradients back to zero.

`backward` adds to the gradients that are there, so they must be set to zero once for every `step`. The value says what
the loop does: "each update"; "never"; "once" or "each epoch" where `zero_grad` stands outside the loop that steps;
"before step" where it stands between `backward` and `step`, so that the step is made with zero gradients. Only
"each update" is offered. Keras does it by itself and has no such element.

References:
    PyTorch reference, torch.optim.Optimizer.zero_grad, and its tutorial "Zeroing out gradients in PyTorch".
"""

from __future__ import annotations

from netmend.program.blame import Value
from netmend.program.elements._base import Element, ElementKind
from netmend.program.elements._find import change, finder, others

EACH_UPDATE = "each update"


def _values(element: Element) -> tuple[Value, ...]:
    return others(element, (EACH_UPDATE,))


kind = ElementKind(find=finder("gradient-reset"), values=_values, change=change)

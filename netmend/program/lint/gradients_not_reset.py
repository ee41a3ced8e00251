"""A PyTorch loop does not set its gradients to zero once for every update.

What it is:
    `backward` adds to the gradients that are there. Without `zero_grad` every step follows the sum of all gradients so
    far; with it between `backward` and `step` every step is made with zero gradients, and nothing is learned.

How it is measured:
    Where `zero_grad` is called, compared with the innermost loop that calls `step`.

When it is wrong:
    Where it is not called in that loop, or only between `backward` and `step`. Gradients that a program sets to zero by
    hand, or in another function, are not judged.

References:
    PyTorch reference, torch.optim.Optimizer.zero_grad. Missing `zero_grad` is the example of the PyTorch tutorial
    "Zeroing out gradients in PyTorch".
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from netmend.program.blame import Blame
from netmend.program.elements._base import Element
from netmend.program.elements.gradient_reset import EACH_UPDATE
from netmend.program.lint._base import Hit, LintRule
from netmend.program.lint._examples import HEALTHY, torch_program

MESSAGES = {
    "never": "The gradients are never set to zero, so each step follows the sum of all gradients so far.",
    "once": "The gradients are set to zero only once, so each step follows the sum of all gradients since.",
    "each epoch": "The gradients are set to zero once an epoch, so they add up over its updates.",
    "before step": "The gradients are set to zero between backward and step, so the weights do not move.",
}
SEVERITY = 0.9  # own convention: such a loop may still learn a little at a small rate


def _check(elements: Sequence[Element]) -> Iterator[Hit]:
    for element in elements:
        message = MESSAGES.get(str(element.value)) if element.kind == "gradient-reset" else None
        if message is not None:
            yield Hit(element, message, SEVERITY, blames=(Blame("gradient-reset", 0.95, values=(EACH_UPDATE,)),))


_ZERO, _LOOP = "        optimiser.zero_grad()\n", "    for rows, labels in loader:\n"

rule = LintRule(
    check=_check,
    fires_on=(
        torch_program().replace(_ZERO, ""),
        torch_program().replace(_ZERO, "").replace(_LOOP, f"    optimiser.zero_grad()\n{_LOOP}"),
        torch_program().replace(_ZERO, "").replace("        optimiser.step()\n", f"{_ZERO}        optimiser.step()\n"),
        torch_program().replace(_ZERO, "").replace("for epoch", "optimiser.zero_grad()\nfor epoch"),
    ),
    silent_on=(
        *HEALTHY,
        torch_program().replace(_ZERO, "").replace("        optimiser.step()\n", f"        optimiser.step()\n{_ZERO}"),
    ),
)

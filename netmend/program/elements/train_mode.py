"""Whether a PyTorch model is in training mode whenever it is trained.

`model.eval()` turns dropout off and lets batch normalisation use the means it has gathered, until `model.train()`. The
value says what the loop does: "each epoch" where `train()` is called in it; "until the first evaluation" where `eval()`
is called in it and `train()` is not; "never" where `eval()` comes before it. Only "each epoch" is offered. There is no
element where nothing calls `eval()`, or where no layer behaves differently. Keras sees to it by itself.

References:
    PyTorch reference, torch.nn.Module.train and .eval.
"""

from __future__ import annotations

from netmend.program.blame import Value
from netmend.program.elements._base import Element, ElementKind
from netmend.program.elements._find import change, finder, others

EACH_EPOCH, UNTIL_EVALUATED, NEVER = "each epoch", "until the first evaluation", "never"


def _values(element: Element) -> tuple[Value, ...]:
    return others(element, (EACH_EPOCH,))


kind = ElementKind(find=finder("train-mode"), values=_values, change=change)

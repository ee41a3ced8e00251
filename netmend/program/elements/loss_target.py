"""What a PyTorch training step does last to the labels, right where the loss takes them.

"none" where they are given as they are, else the last call on them: "unsqueeze(-1)", "squeeze(-1)", "float()",
"long()", or whatever else is written. A type takes the place of another one, and is appended to anything else. Losses
of PyTorch that compare element by element broadcast: predictions of shape (N, 1) and labels of shape (N,) become N x N
differences. Keras brings both to one shape and has no such element.

References:
    PyTorch reference, torch.nn.MSELoss and "Broadcasting semantics"; it warns of a target size that differs from the
    input size. torch.nn.CrossEntropyLoss and torch.nn.BCELoss, for the types that they take.
"""

from __future__ import annotations

from netmend.program.blame import Value
from netmend.program.elements._base import Element, ElementKind
from netmend.program.elements._find import change, finder

NONE, COLUMN, ROW, FLOAT, LONG = "none", "unsqueeze(-1)", "squeeze(-1)", "float()", "long()"


def _values(element: Element) -> tuple[Value, ...]:
    if element.value == NONE:
        return COLUMN, ROW, FLOAT, LONG
    return (NONE, *(each for each in (FLOAT, LONG) if each != element.value))


kind = ElementKind(find=finder("loss-target"), values=_values, change=change)

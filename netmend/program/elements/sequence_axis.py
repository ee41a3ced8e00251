"""Which axis of the input of a PyTorch recurrent layer is time: "first", its default, or "second" (`batch_first`).

With "first" the rows of a batch that is given as (rows, steps, features) are read as the steps of one sequence. Keras
layers have time in the second axis and no such element.

References:
    PyTorch reference, torch.nn.LSTM, `batch_first`.
"""

from __future__ import annotations

from netmend.program.blame import Value
from netmend.program.elements._base import Element, ElementKind
from netmend.program.elements._find import change, finder, others

FIRST, SECOND = "first", "second"


def _values(element: Element) -> tuple[Value, ...]:
    return others(element, (SECOND, FIRST))


kind = ElementKind(find=finder("sequence-axis"), values=_values, change=change)

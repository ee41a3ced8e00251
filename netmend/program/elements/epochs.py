"""How many times training goes through the data. Keras's `fit` goes once if it is not told.

References:
    Default: Keras reference, Model.fit. Moves: doubling and halving, as in the one-change neighbourhoods of Kim et al.,
    ICST 2023; the round numbers after them span 5 to 200 epochs.
"""

from __future__ import annotations

from netmend.program.blame import Value
from netmend.program.elements._base import Element, ElementKind
from netmend.program.elements._find import change, finder, others

ROUND = (10, 20, 50, 100, 200, 5)


def _values(element: Element) -> tuple[Value, ...]:
    present = element.value
    near = (present * 2, max(1, present // 2)) if isinstance(present, int) else ()
    return others(element, tuple(dict.fromkeys((*near, *ROUND))))


kind = ElementKind(find=finder("epochs"), values=_values, change=change)

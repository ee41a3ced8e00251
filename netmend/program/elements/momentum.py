"""How much of its last step an optimiser keeps: the momentum of SGD and RMSprop.

Absent where none is stated, which means 0. Steps along a direction that stays the same become 1 / (1 - momentum) times
as long: 10 times with 0.9, 1,000 times with 0.999; from 1 on they grow without end.

References:
    Sutskever et al., "On the importance of initialization and momentum in deep learning", ICML 2013, section 2. Usual
    values: Goodfellow et al., "Deep Learning", 2016, section 8.3.2 (0.5, 0.9 and 0.99).
"""

from __future__ import annotations

from netmend.program.blame import Value
from netmend.program.elements._base import Element, ElementKind
from netmend.program.elements._find import change, finder, others

USUAL = 0.9
LADDER = (USUAL, 0.5, 0.99)


def _values(element: Element) -> tuple[Value, ...]:
    return others(element, LADDER)


kind = ElementKind(find=finder("momentum"), values=_values, change=change)

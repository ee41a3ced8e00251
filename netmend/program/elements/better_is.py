"""Which way a quantity that a Keras callback watches gets better: "min", "max", or "auto", by its name.

There is no element where the callback does not state it, which means "auto".

References:
    Keras reference, EarlyStopping, ReduceLROnPlateau and ModelCheckpoint, `mode`.
"""

from __future__ import annotations

from netmend.program.blame import Value
from netmend.program.elements._base import Element, ElementKind
from netmend.program.elements._find import change, finder, others

AUTO, LOWER, HIGHER = "auto", "min", "max"


def _values(element: Element) -> tuple[Value, ...]:
    return others(element, (AUTO, LOWER, HIGHER))


kind = ElementKind(find=finder("better-is"), values=_values, change=change)

"""The number of outputs of a layer with weights: units, filters, features or embedding dimensions.

That of the output layer is fixed by the labels; it is an element so that rules can read it, and whoever changes it must
know better than the program.

References:
    Moves: doubling and halving, as in the one-change neighbourhoods of Kim et al., ICST 2023; then the powers of two
    usual in textbooks.
"""

from __future__ import annotations

from netmend.program.blame import Value
from netmend.program.elements._base import Element, ElementKind
from netmend.program.elements._find import change, finder, others

USUAL = (64, 128, 32, 256, 16, 512)


def _values(element: Element) -> tuple[Value, ...]:
    present = element.value
    near = (present * 2, max(1, present // 2)) if isinstance(present, int) else ()
    return others(element, tuple(dict.fromkeys((*near, *USUAL))))


kind = ElementKind(find=finder("units"), values=_values, change=change)

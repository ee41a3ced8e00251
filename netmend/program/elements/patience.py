"""How many epochs without improvement a Keras training waits before `EarlyStopping` ends it.

0, the default, ends it at the first epoch that is not better than all before. There is no element without such a
callback.

References:
    Keras reference, EarlyStopping. Prechelt, "Early Stopping - But When?", Neural Networks: Tricks of the Trade, 1998:
    stopping later generalises a little better and costs time; 10 and 20 are values in common use (own choice).
"""

from __future__ import annotations

from netmend.program.blame import Value
from netmend.program.elements._base import Element, ElementKind
from netmend.program.elements._find import change, finder, others


def _values(element: Element) -> tuple[Value, ...]:
    return others(element, (10, 20, 5))


kind = ElementKind(find=finder("patience"), values=_values, change=change)

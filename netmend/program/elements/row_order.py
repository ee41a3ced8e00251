"""Which of the arrays that hold a program's rows are put into random order by `shuffle`: "one alone" or "together".

There is an element where one of several arrays that were made together is shuffled in place and no other one is, where
two are each put into an order of their own, and where they are put into one order.

References:
    NumPy reference, numpy.random.Generator.shuffle and .permutation.
"""

from __future__ import annotations

from netmend.program.blame import Value
from netmend.program.elements._base import Element, ElementKind
from netmend.program.elements._find import change, finder, others

ALONE, TOGETHER = "one alone", "together"


def _values(element: Element) -> tuple[Value, ...]:
    return others(element, (TOGETHER,))


kind = ElementKind(find=finder("row-order"), values=_values, change=change)

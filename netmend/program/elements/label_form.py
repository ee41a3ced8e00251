"""What the program does to its labels before the model sees them.

"none" where nothing is done; "divide(255)" where they are divided by a number, usually together with the images, which
turns class numbers into fractions: "none" takes the division away. "minus(1)" subtracts a number from training and
evaluation labels alike, for class numbers that begin at 1. The value is None where it cannot be told.

References:
    The sparse cross-entropies of Keras and PyTorch take class numbers from 0 (their references). Labels that a script
    scales or shifts by mistake: mutation operators on training data of DeepCrime (Humbatova et al., ISSTA 2021).
"""

from __future__ import annotations

from netmend.program.blame import Value
from netmend.program.elements._base import Element, ElementKind
from netmend.program.elements._find import change, finder


def _values(element: Element) -> tuple[Value, ...]:
    if element.form != "named":
        return ()
    if element.value == "none":
        return ("minus(1)",)
    return ("none",) if str(element.value).startswith("divide") else ()


kind = ElementKind(find=finder("label-form"), values=_values, change=change)

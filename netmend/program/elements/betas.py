"""The two decay rates of the Adam family, as "0.9, 0.999": of the mean of the gradients, and of that of their squares.

There is no element where neither is stated. Keras: `beta_1` and `beta_2`. Only the values of the authors are offered.

References:
    Kingma and Ba, "Adam", ICLR 2015: algorithm 1 for the values, theorem 4.1 for what they must satisfy,
    beta1^2 / sqrt(beta2) < 1.
"""

from __future__ import annotations

import math

from netmend.program.blame import Value
from netmend.program.elements._base import Element, ElementKind
from netmend.program.elements._find import change, finder, others

USUAL = "0.9, 0.999"


def numbers(value: Value) -> tuple[float, float] | None:
    """The two rates of a canonical value; None if they are not known."""
    first, comma, second = str(value).partition(", ")
    return (float(first), float(second)) if comma else None


def converges(first: float, second: float) -> bool:
    """Whether the rates satisfy what the authors' theorem of convergence asks of them."""
    return 0 <= first < 1 and 0 <= second < 1 and first**2 < math.sqrt(second)


def _values(element: Element) -> tuple[Value, ...]:
    return others(element, (USUAL,))


kind = ElementKind(find=finder("betas"), values=_values, change=change)

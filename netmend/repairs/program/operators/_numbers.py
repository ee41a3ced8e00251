"""Reading numbers off elements."""

from __future__ import annotations

import math

from netmend.program.elements._base import Element


def number(element: Element) -> float | None:
    """The element's value if it is a positive number."""
    value = element.value
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        return None
    return float(value) if value > 0 else None


def whole(element: Element) -> int | None:
    """The element's value if it is a whole number of at least 1."""
    value = number(element)
    return int(value) if value is not None and value == int(value) else None

"""Regularisers of Keras as canonical values, "l2(0.01)", and back."""

from __future__ import annotations

import re

from netmend.core.errors import Unchangeable
from netmend.program.blame import Value
from netmend.program.places import Edit
from netmend.program.reading.bindings import Bindings, Site
from netmend.program.reading.keras_names import DEFAULT_PENALTY
from netmend.program.reading.keras_spelling import spelled
from netmend.program.reading.keras_values import Meaning
from netmend.program.reading.spelling import number


def regulariser(bindings: Bindings, meaning: Meaning) -> str | None:
    """Canonical regulariser with its factors; "none" if there is none, None if it is unknown."""
    if meaning.known:
        if meaning.literal is None:
            return "none"
        return _of_factors(_defaults(str(meaning.literal).lower()))
    if meaning.call is None:
        return None
    factors = _defaults(meaning.name.lower().replace("_", ""))
    for index, name in enumerate(factors):
        given = bindings.argument(meaning.call, name, index) or (
            bindings.argument(meaning.call, "l") if len(factors) == 1 else None
        )
        if given is not None:
            value = bindings.resolve(given).value
            if not isinstance(value, (int, float)):
                return None
            factors[name] = float(value)
    return _of_factors(factors)


def spelled_regulariser(bindings: Bindings, at: Site, value: Value) -> tuple[str, tuple[Edit, ...]]:
    """The text of a canonical regulariser at a place, and the imports it needs.

    Raises:
        Unchangeable: it is neither "none" nor "l1", "l2" or "l1_l2" with its factors.
    """
    if value in ("none", None):
        return "None", ()
    parts = re.fullmatch(r"(l1|l2|l1_l2)(?:\(([^()]+)\))?", str(value))
    try:
        factors = [float(each) for each in parts[2].split(",")] if parts and parts[2] else []
    except ValueError:
        parts = None
    if parts is None or len(factors) not in (0, 1 + (parts[1] == "l1_l2")):
        raise Unchangeable(f"{value!r} is no regulariser", where=str(at.place))
    factors = factors or [DEFAULT_PENALTY] * (1 + (parts[1] == "l1_l2"))
    function, imports = spelled(bindings, at, f"keras.regularizers.{parts[1]}")
    if len(factors) == 1:
        return f"{function}({number(factors[0])})", imports
    return f"{function}(l1={number(factors[0])}, l2={number(factors[1])})", imports


def _defaults(name: str) -> dict[str, float]:
    """Factors that a class or function has when none are given. `L1L2` of Keras 3 has none by default."""
    if name in ("l1", "l2"):
        return {name: DEFAULT_PENALTY}
    return {"l1": 0.0, "l2": 0.0} if name in ("l1l2", "l1_l2") else {}


def _of_factors(factors: dict[str, float]) -> str | None:
    used = {name: factor for name, factor in factors.items() if factor}
    if not used:
        return "none" if factors else None
    return f"{'_'.join(used)}({', '.join(f'{factor:g}' for factor in used.values())})"

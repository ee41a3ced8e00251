"""Which method repairs, by its name: the file in `methods` that is called so."""

from __future__ import annotations

from netmend.core.discover import contributions
from netmend.core.errors import UsageError
from netmend.repairs.weights.methods._base import Method
from netmend.repairs.weights.metric import NORMS
from netmend.repairs.weights.specification import Specification

DEFAULT, REGIONS = "linearise-solve-verify", "polytopes"
"""The method where none is named, for points and for regions."""


def method_for(name: str, specification: Specification) -> str:
    """The method itself, or the one for regions where the specification has some and the default was left in place.

    Raises:
        UsageError: the method cannot repair regions.
    """
    if not specification.polytopes:
        return name
    if name == DEFAULT:
        return REGIONS
    known = contributions("netmend.repairs.weights.methods", Method)
    if name in known and not known[name].value.regions:
        hint = f"use --method {REGIONS}, or leave the regions out to repair their vertices alone"
        raise UsageError(f"{name} repairs points, and the specification has regions", hint=hint)
    return name


def method_named(name: str, norm: str) -> Method:
    """A method that can minimise a norm.

    Raises:
        UsageError: there is none of that name, or it cannot.
    """
    if norm not in NORMS:
        raise UsageError(f"there is no norm called {norm!r}", hint=f"choose one of {', '.join(NORMS)}")
    method = _method(name)
    if norm not in method.norms:
        raise UsageError(f"{name} cannot minimise {norm}", hint=f"it takes --norm {', '.join(method.norms)}")
    return method


def norms_of(name: str) -> tuple[str, ...]:
    """The norms that a method can minimise.

    Raises:
        UsageError: there is none of that name.
    """
    return _method(name).norms


def _method(name: str) -> Method:
    known = contributions("netmend.repairs.weights.methods", Method)
    if name not in known:
        raise UsageError(f"there is no method called {name!r}", hint=f"choose one of {', '.join(known)}")
    method: Method = known[name].value
    return method

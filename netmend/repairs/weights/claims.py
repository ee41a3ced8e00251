"""What a certificate says, key by key: that the keys are there, and that what they say is what is computed again."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from netmend.network.backends._base import Network
from netmend.network.layers import linear_layers, normalisations
from netmend.repairs.weights.certify import Checked, Level
from netmend.repairs.weights.requirements._base import Array

ROUNDING = 1e-6
"""Relative difference of two numbers computed in float64 on different machines, at most (own choice: sums of a million
terms in another order differ by less)."""

BOUNDS = 1e-2
"""The same for error bounds, of which the size alone matters, and for the answers of a runtime in its own precision."""

_TEXT = ("tool", "architecture", "required", "layer", "runtime", "statement")
_NUMBERS = ("slack", "error", "required", "deployed error", "replayed slack")
_WORDS = ("shown by", "covered by", "exact slack")
_OPTIONAL = ("deployed error", "replayed slack", "exact slack")


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at again: what, whether it is so, and the numbers."""

    name: str
    passed: bool
    sentence: str


def require_keys(page: Mapping[str, Any]) -> None:
    """See that every key of a certificate is there and holds what it should.

    Raises:
        ValueError: the first that is not; the message names it.
    """
    for name in _TEXT:
        _require(page, name, str)
    for name in ("before", "after", "points"):
        _require(page, name, dict)
        for key in ("file", "sha256"):
            _require(page[name], key, str, f"{name}.{key}")
        if name != "before" and (
            Path(page[name]["file"]).name != page[name]["file"] or page[name]["file"] in ("", "..")
        ):
            raise ValueError(f"{name}.file is not beside it")
    _require(page, "proved", bool)
    _require(page, "changed", list)
    for at, each in enumerate(page["changed"]):
        if not isinstance(each, dict):
            raise ValueError(f"changed.{at} is no entry")
        for key, kind in (("tensor", str), ("constant", str), ("numbers", int)):
            _require(each, key, kind, f"changed.{at}.{key}")
    _require(page, "norm", dict)
    _require(page["norm"], "name", str, "norm.name")
    for key in ("value", "relative"):
        _require(page["norm"], key, (int, float), f"norm.{key}")
    _require(page, "results", dict)
    _require_results(page["results"], "results")
    if "keep" in page["results"]:
        _require(page["results"], "keep", dict, "results.keep")
        _require_results(page["results"]["keep"], "results.keep")
    Level(page["level"])


def _require_results(results: Mapping[str, Any], where: str) -> None:
    for name in (*_NUMBERS, *_WORDS):
        if name not in results:
            raise ValueError(f"{where}.{name} is missing")
        if results[name] is None and name in _OPTIONAL:
            continue
        _require(results, name, list, f"{where}.{name}")
        kinds: tuple[type, ...] = (int, float, type(None)) if name in _NUMBERS else (str,)
        if not all(isinstance(each, kinds) for each in results[name]):
            raise ValueError(f"{where}.{name} holds something else than {'numbers' if name in _NUMBERS else 'words'}")


def _require(page: Mapping[str, Any], name: str, kind: type | tuple[type, ...], called: str = "") -> None:
    called = called or name
    if name not in page:
        raise ValueError(f"{called} is missing")
    value = page[name]
    if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
        raise ValueError(f"{called} is of another kind")


def results_of(checked: Checked) -> dict[str, Any]:
    """Per-point numbers, as a certificate holds them; an infinite bound is null."""

    def plain(values: Array | None) -> list[float | None] | None:
        return None if values is None else [float(each) if np.isfinite(each) else None for each in values]

    return {
        "slack": plain(checked.slack),
        "error": plain(checked.error),
        "required": plain(checked.required),
        "deployed error": plain(checked.deployed_error),
        "replayed slack": plain(checked.replayed),
        "shown by": list(checked.shown_by),
        "covered by": [
            "exact"
            if checked.exact is not None
            else "bound"
            if covered
            else "replay"
            if checked.replayed is not None and answered
            else ""
            for covered, answered in zip(checked.covered, checked.answered, strict=True)
        ],
        "exact slack": None if checked.exact is None else [str(each) for each in checked.exact],
    }


def same_words(page: Mapping[str, Any], found: Mapping[str, str | bool]) -> Check:
    """Whether what a certificate says in words is what follows from its points."""
    other = [name for name, value in found.items() if page[name] != value]
    said = [f"{name} is {page[name]!r} in the certificate and {found[name]!r} computed again" for name in other]
    return Check("statement", not other, "; ".join(said) or "what is stated is what was computed again")


def same_numbers(results: Mapping[str, Any], found: Checked, *, runtime: bool) -> list[str]:
    """Names of what a certificate says of each point, and is another when computed again.

    Args:
        runtime: the replay was in the runtime that the certificate names, so that its answers can be compared.
    """
    again = results_of(found)
    slack = {"rtol": ROUNDING, "atol": ROUNDING * float(np.abs(found.slack).max(initial=0.0))}
    about = {"rtol": BOUNDS, "atol": BOUNDS * slack["atol"] / ROUNDING}
    near = {
        "slack": slack,
        "error": {"rtol": BOUNDS},
        "required": {"rtol": 0.0},
        "deployed error": {"rtol": BOUNDS},
        "replayed slack": about,
    }
    compared = [name for name in near if runtime or name != "replayed slack"]
    other = [name for name in compared if not _near(results[name], again[name], **near[name])]
    return other + [name for name in _WORDS if results[name] != again[name]]


def _near(stated: list[float | None] | None, again: list[float | None] | None, rtol: float, atol: float = 0.0) -> bool:
    if stated is None or again is None or len(stated) != len(again):
        return stated is again
    one, other = (np.array([np.nan if each is None else each for each in part], float) for part in (stated, again))
    return bool(np.allclose(one, other, rtol=rtol, atol=atol, equal_nan=True))


def same_change(page: Mapping[str, Any], original: Network, repaired: Network) -> Iterator[Check]:
    """Whether the change is what a certificate says of it, found from both networks, of the same form."""
    old, new = original.graph.constants, repaired.graph.constants
    said = {each["constant"]: each for each in page["changed"]}
    wrong = [
        f"{each['tensor']} ({each['numbers']} numbers)"
        for name, each in said.items()
        if name not in old
        or original.parameters.get(name) != each["tensor"]
        or int(np.sum(old[name] != new[name])) != each["numbers"]
    ]
    told = f"not so: {', '.join(wrong)}" if wrong else "as many numbers changed in each tensor as said"
    yield Check("changed", not wrong, told)
    changed = [name for name in old if not np.array_equal(old[name], new[name])]
    moved = {name: new[name].astype(np.float64) - old[name].astype(np.float64) for name in changed}
    layers = (*linear_layers(original.graph), *normalisations(original.graph))
    weights = sorted({layer.weight for layer in layers} & moved.keys())
    share = _size([moved[name] for name in weights])
    whole = _size([old[name].astype(np.float64) for name in weights])
    found = {"relative": share / whole if whole else 0.0}
    if page["norm"]["name"] == "l2":
        found["value"] = _size(list(moved.values()))
    other = [name for name, value in found.items() if not np.isclose(page["norm"][name], value, rtol=ROUNDING, atol=0)]
    stated = page["norm"]
    differ = [f"{name} is {stated[name]:g} in the certificate and {found[name]:g} computed again" for name in other]
    yield Check("norm", not other, "; ".join(differ) or f"{' and '.join(found)} computed again")


def _size(values: list[Array]) -> float:
    return float(np.sqrt(sum(float(np.sum(each**2)) for each in values)))


def not_checked(page: Mapping[str, Any], compared: bool) -> Check:
    """What a certificate says that nothing here shows.

    Args:
        compared: the network before was there, and the change was found from it.
    """
    said = ["tool", "layer"]
    if not compared:
        said += ["changed", "norm"]
    elif page["norm"]["name"] != "l2":
        said.append(f"the value of the {page['norm']['name']} norm, which takes more than the two networks")
    return Check("not checked", True, ", ".join(said))

"""Stretches of integers that are wrong only because their grids end a little before the numbers that they hold.

Grids are calibrated on other inputs than a network is fed, so some numbers go beyond. That is what quantisation does,
and is told from a wrong scale by how far they go.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from netmend.network.graph import Array, Graph
from netmend.network.quantisation import Scheme
from netmend.repairs.conversion.distance import Distance, distance
from netmend.repairs.conversion.faults._base import Case, evaluated
from netmend.repairs.conversion.grids import EARLY, ends


def ended_early(case: Case, allowed: Mapping[str, Distance]) -> bool:
    """Whether a stretch is right once the grids of what it computes go on, and none would have to go on far.

    Args:
        case: the stretch with right values at its cut. allowed: what rounding may amount to in its outputs.
    """
    made = {name for node in case.nodes for name in node.outputs if name}
    held = {name: each for name in made if (each := _limits(case.target, name)) is not None}
    if not held:
        return False
    schemes = {name: _endless(case.target.quantisation[name], held[name][0]) for name in held}
    wide = replace(case.target, quantisation={**case.target.quantisation, **schemes})
    found = evaluated(wide, case.feeds, sorted(made & (held.keys() | case.right.keys())))
    if found is None or not any(_beyond(found[name], *held[name]) > 0 for name in held):
        return False
    near = all(_beyond(found[name], low, high) <= EARLY * (high - low) for name, (low, high) in held.items())
    return near and all(
        distance(_cut(found[name], held.get(name)), _cut(value, held.get(name))).within(allowed[name])
        for name, value in case.right.items()
    )


def _limits(graph: Graph, name: str) -> tuple[float, float] | None:
    """The ends of the one grid of a computed tensor; None where a grid ends at zero from below, as numbers never do."""
    found = ends(graph, name, 1) if name in graph.quantisation and name not in graph.constants else None
    if found is None or found[0].size > 1:
        return None
    low, high = (float(each[0]) for each in found)
    return (low, high) if high > 0 else None


def _endless(scheme: Scheme, low: float) -> Scheme:
    """The same grid without ends; one that begins at zero, as behind an activation, still does."""
    if low == 0:
        return Scheme(scheme.scale, np.zeros_like(scheme.zero_point), "uint32")
    return Scheme(scheme.scale, scheme.zero_point, "int32")


def _beyond(value: Array, low: float, high: float) -> float:
    return max(0.0, low - float(value.min(initial=low)), float(value.max(initial=high)) - high)


def _cut(value: Array, limits: tuple[float, float] | None) -> Array:
    """What a grid leaves of numbers; below one that begins at zero there should be none, and they stay."""
    return value if limits is None else np.clip(value, limits[0] or None, limits[1])

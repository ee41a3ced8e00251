"""What float64 leaves open, decided in fixed-point arithmetic of as many bits as it takes (`netmend.network.fixed`)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from math import ceil, log2

import numpy as np

from netmend.core.errors import NoErrorBound, UnsupportedModel
from netmend.network.bounds import Enclosure, bounds
from netmend.network.fixed import can_enclose, enclose
from netmend.network.graph import Graph
from netmend.repairs.weights.outlet import Outlet
from netmend.repairs.weights.regions import kinks, regions_of
from netmend.repairs.weights.requirements._base import Array, Indices

MOST_PRODUCTS = 6e10
"""Products of limbs up to which points that float64 does not prove are proved in fixed-point arithmetic without being
asked: about 20 s (own choice). They are counted beforehand, so that what is proved does not depend on the clock. With
--precision exact there is no limit."""

SECONDS = 3e-10
"""Of one product of limbs, all else included: 1.4e-10 on SqueezeNet 1.1, 3e-10 on MobileNetV2 (own measurement)."""

BITS, FACTOR = 18, 3.5
"""Bits of a limb, and limbs of a float32 weight, in that count."""

LIMBS = 16
"""Points that float64 takes in one pass, for each that fixed-point arithmetic takes: its numbers are so much longer."""

LONGER = (1.0, 1.5, 2.5)
"""Times the bits that should do, which are tried in turn for the points that are not yet shown."""

GUESS, SPARE, FEWEST = 120, 6, 60
"""Bits that are tried first where float64 has no bound; those beyond what its bound asks for; the fewest."""


@dataclass(frozen=True, slots=True, eq=False)
class Longer:
    """Longer arithmetic for some points of a network.

    Attributes:
        feeds: inputs by name. step: points that float64 takes in one pass. terms: multiplications of one point.
        unlimited: whatever it takes; otherwise `MOST_PRODUCTS`.
    """

    graph: Graph
    feeds: Mapping[str, Array]
    outlet: Outlet
    step: int
    terms: int
    unlimited: bool

    def narrowed(self, points: Indices, slack: Array, error: Array, required: Array) -> tuple[Array, str]:
        """Narrow the errors of some points, in place, below what they have to spare.

        Returns:
            The bits that each of all points took, (N,), 0 where none did; and what would show the rest, in words.
        """
        used = np.zeros(len(slack), dtype=int)
        if not can_enclose(self.graph):
            return used, ""
        if not self.unlimited and self._products(points, FEWEST) > MOST_PRODUCTS:
            return used, self._remedy(points, GUESS)
        bits = self._bits(points, float(np.min((slack - required)[points])))
        if not self.unlimited and self._products(points, bits) > MOST_PRODUCTS:
            return used, self._remedy(points, bits)
        few = max(1, self.step // LIMBS)
        for length in (int(times * bits) for times in LONGER):
            waiting = points[slack[points] - error[points] < required[points]]
            for start in range(0, len(waiting), few):
                chosen = waiting[start : start + few]
                try:
                    found = enclose(self.graph, self._at(chosen), bits=length, keep=[self.outlet.tensor])
                except (UnsupportedModel, NoErrorBound):
                    return used, ""
                enclosure, requirement = found[self.outlet.tensor], self.outlet.requirement.select(chosen)
                value = enclosure.value.reshape(len(chosen), -1).numpy()
                off = np.zeros_like(value) if enclosure.error is None else enclosure.error.reshape(value.shape).numpy()
                slack[chosen] = requirement.slack(value)
                error[chosen] = slack[chosen] - requirement.slack(value, off)
                used[chosen] = length
        return used, ""

    def _products(self, points: Indices, bits: int) -> float:
        return self.terms * len(points) * (bits / BITS + 1) * FACTOR

    def _remedy(self, points: Indices, bits: int) -> str:
        seconds = self._products(points, bits) * SECONDS
        return f"--precision exact may show the rest, in {seconds:.0f} s or less"

    def _bits(self, points: Indices, spare: float) -> int:
        """Bits that narrow the error of one point below what every point has to spare; it halves with each bit."""
        try:
            error = bounds(self.graph, self._at(points[:1]), keep=[self.outlet.tensor])[self.outlet.tensor].error
        except NoErrorBound:
            return GUESS
        size = np.inf if error is None else float(error.max())
        if not 0 < size < np.inf or not spare > 0:
            return GUESS
        return max(FEWEST, 53 + SPARE + ceil(log2(size / spare)))

    def _at(self, points: Indices) -> dict[str, Array]:
        return {name: value[points] for name, value in self.feeds.items()}


def straight_points(
    graph: Graph, feeds: Mapping[str, Array], outlet: Outlet, step: int, polytopes: Sequence[range]
) -> Array:
    """Points of regions at whose vertices every unit has one sign beyond its error, (N,).

    Where float64 leaves a sign open, fixed-point arithmetic decides.
    """
    points = len(next(iter(feeds.values())))
    straight = np.ones(points, dtype=bool)
    bent = [kink.input for kink in kinks(graph, outlet.tensor)]
    if not bent:
        return straight
    for region in regions_of(points, polytopes)[: len(polytopes)]:
        given = {name: value[region] for name, value in feeds.items()}
        held, open_ = _one_side(partial(bounds, keep=bent), graph, given, step)
        if not held and open_:
            held, _ = _one_side(partial(enclose, bits=GUESS, keep=bent), graph, given, max(1, step // LIMBS))
        straight[region] = held
    return straight


def _one_side(
    enclosing: Callable[[Graph, Mapping[str, Array]], Mapping[str, Enclosure]],
    graph: Graph,
    feeds: Mapping[str, Array],
    step: int,
) -> tuple[bool, bool]:
    """Whether every unit has one sign at all points, and whether it could have if errors were smaller."""
    found: dict[str, list[tuple[Array, Array]]] = {}
    for part in parts(feeds, step):
        try:
            answer = enclosing(graph, {name: value[part] for name, value in feeds.items()})
        except (NoErrorBound, UnsupportedModel):
            return False, True
        for name, each in answer.items():
            value = each.value.numpy()
            error = np.zeros_like(value) if each.error is None else each.error.numpy()
            low, high = (value - error).min(axis=0), (value + error).max(axis=0)
            found.setdefault(name, []).append((np.stack([low, value.min(axis=0)]), np.stack([high, value.max(axis=0)])))
    held, open_ = True, True
    for pieces in found.values():
        low, high = np.min([piece[0] for piece in pieces], axis=0), np.max([piece[1] for piece in pieces], axis=0)
        one_side = (low >= 0) | (high <= 0)
        held, open_ = held and bool(one_side[0].all()), open_ and bool(one_side[1].all())
    return held, open_


def parts(feeds: Mapping[str, Array], step: int) -> list[slice]:
    """The points in slices of so many."""
    points = len(next(iter(feeds.values())))
    return [slice(start, min(start + step, points)) for start in range(0, points, step)]

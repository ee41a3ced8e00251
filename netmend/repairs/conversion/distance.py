"""How far two arrays are apart, where some numbers may be missing or endless."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from netmend.network.graph import Array


@dataclass(frozen=True, slots=True)
class Distance:
    """Of what was got from what is right.

    Attributes:
        largest: of any entry; infinite where the shapes differ, or a number is NaN or infinite on one side alone.
        typical: root mean square over the entries.
    """

    largest: float
    typical: float

    def within(self, allowed: Distance) -> bool:
        """Neither is larger than allowed."""
        return self.largest <= allowed.largest and self.typical <= allowed.typical

    def times_of(self, allowed: Distance) -> float:
        """How many times what is allowed it is, by whichever says more."""
        pairs = (self.largest, allowed.largest), (self.typical, allowed.typical)
        return max(0.0 if one == 0 else one / most if most > 0 else float("inf") for one, most in pairs)

    def worse(self, other: Distance) -> Distance:
        """The larger of each."""
        return Distance(max(self.largest, other.largest), max(self.typical, other.typical))

    def times(self, factor: float) -> Distance:
        """Both multiplied."""
        return Distance(factor * self.largest, factor * self.typical)

    def scaled(self, margin: Distance) -> Distance:
        """Each multiplied by a margin of its own."""
        return Distance(margin.largest * self.largest, margin.typical * self.typical)

    def plus(self, other: Distance) -> Distance:
        """Both added."""
        return Distance(self.largest + other.largest, self.typical + other.typical)


NONE = Distance(0.0, 0.0)
ENDLESS = Distance(float("inf"), float("inf"))


def differences(got: Array, right: Array) -> Array:
    """Entry by entry, in float64; zero where both are the same infinity or both NaN."""
    one, other = np.asarray(got, np.float64), np.asarray(right, np.float64)
    with np.errstate(invalid="ignore"):
        found: Array = np.abs(one - other)
    if not np.isfinite(found).all():
        same = (one == other) | (np.isnan(one) & np.isnan(other))
        found = np.where(same, 0.0, np.where(np.isnan(found), np.inf, found))
    return found


def distance(got: Array, right: Array) -> Distance:
    """Of two arrays; endless where their shapes differ."""
    if np.shape(got) != np.shape(right):
        return ENDLESS
    found = differences(got, right)
    if not found.size:
        return NONE
    return Distance(float(found.max()), rms(found))


def rms(value: Array) -> float:
    """Root mean square of the finite entries; zero if there are none; infinite if an entry is."""
    flat = np.asarray(value, np.float64).reshape(-1)
    largest = max(float(np.max(flat, initial=0.0)), -float(np.min(flat, initial=0.0)))
    if not np.isfinite(largest):
        return float("inf") if np.isinf(flat).any() else rms(flat[np.isfinite(flat)])
    if largest == 0:
        return 0.0
    shares = flat / largest
    return largest * float(np.sqrt(np.dot(shares, shares) / flat.size))


def size(value: Array) -> Distance:
    """Magnitudes of an array, its infinite entries left out: what errors are measured against."""
    flat = np.asarray(value, np.float64).reshape(-1)
    finite = flat[np.isfinite(flat)]
    return Distance(float(np.max(np.abs(finite), initial=0.0)), rms(finite)) if finite.size else NONE

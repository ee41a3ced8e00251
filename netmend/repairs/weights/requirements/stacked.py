"""Several sets of points after each other, each with its own requirement: what to mend, and what to keep."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import accumulate

import numpy as np

from netmend.repairs.weights.requirements._base import Array, Indices, Requirement, Row


@dataclass(frozen=True, slots=True, eq=False)
class Stacked:
    """Requirements on consecutive points.

    Attributes:
        parts: each with the number of its points.
    """

    parts: tuple[tuple[Requirement, int], ...]

    @property
    def margin(self) -> float:
        """Margins differ by part (`margins_of`); none is common."""
        return 0.0

    @property
    def sentence(self) -> str:
        """What is required of the parts, each said once."""
        return "; ".join(dict.fromkeys(part.sentence for part, points in self.parts if points))

    def slack(self, outputs: Array, error: Array | None = None) -> Array:
        """That of the parts, after each other."""
        pieces = [part.slack(outputs[at], None if error is None else error[at]) for part, at in self.slices()]
        return np.concatenate(pieces)

    def violated(self, outputs: Array, at_most: int, target: Array) -> list[Row]:
        """Those of the parts, with points counted over all."""
        return [
            replace(row, point=row.point + at.start)
            for part, at in self.slices()
            for row in part.violated(outputs[at], at_most, target[at])
        ]

    def select(self, points: Indices) -> Stacked:
        """Some of the points, which must be in ascending order."""
        chosen = [(part, points[(points >= at.start) & (points < at.stop)] - at.start) for part, at in self.slices()]
        return Stacked(tuple((part.select(own), len(own)) for part, own in chosen))

    def agrees(self, one: int, other: int) -> bool:
        """Points of the same part are compared by it; those of different parts are taken to agree."""
        for part, at in self.slices():
            if at.start <= one < at.stop and at.start <= other < at.stop:
                return part.agrees(one - at.start, other - at.start)
        return True

    def slices(self) -> Iterator[tuple[Requirement, slice]]:
        """Each part and its points."""
        ends = list(accumulate(points for _, points in self.parts))
        for (part, points), end in zip(self.parts, ends, strict=True):
            yield part, slice(end - points, end)


def margins_of(requirement: Requirement, points: int) -> Array:
    """The margin of each of so many points, (N,)."""
    if isinstance(requirement, Stacked):
        return np.concatenate([margins_of(part, many) for part, many in requirement.parts])
    return np.full(points, requirement.margin)

"""The requirement of a weight repair: inputs, what must hold for their outputs, and which are corners of a region."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from netmend.core.errors import UsageError
from netmend.repairs.weights.requirements._base import Array, Indices, Requirement, Row, margins
from netmend.repairs.weights.requirements.constraints import LinearConstraints
from netmend.repairs.weights.requirements.intervals import Intervals
from netmend.repairs.weights.requirements.labels import Labels
from netmend.repairs.weights.requirements.stacked import Stacked

Inputs = Array | Mapping[str, Array]
"""Inputs along a first axis; by name where the network takes more than one."""

__all__ = ["Intervals", "Labels", "LinearConstraints", "Requirement", "Row", "Specification", "Stacked", "margins"]

NAMED = 5
"""How many points an error names: enough to look them up, few enough to read."""


@dataclass(frozen=True, slots=True, eq=False)
class Specification:
    """Points and what must hold there.

    Attributes:
        inputs: (N, ...) as the network reads them; by name where it takes more than one.
        requirement: of their outputs, (N, C).
        polytopes: vertices n0..n1 of one convex region belong together: the requirement must hold in all of it.
            None if the points stand for themselves.
        source: where it came from, for a person.
    """

    inputs: Inputs
    requirement: Requirement
    polytopes: tuple[range, ...] | None = None
    source: str = ""

    def __len__(self) -> int:
        return count(self.inputs)

    def select(self, points: Indices) -> Specification:
        """Some of the points, in ascending order; of a region all or none."""
        polytopes = self.polytopes
        if polytopes is not None:
            ends = np.searchsorted(points, [[region.start, region.stop] for region in polytopes]).tolist()
            polytopes = tuple(range(start, stop) for start, stop in ends if start < stop) or None
        requirement = self.requirement.select(points)
        return replace(self, inputs=take(self.inputs, points), requirement=requirement, polytopes=polytopes)

    def parts(self) -> tuple[Specification, ...]:
        """The specifications that `stacked` put after each other; this one if it did not."""
        if not isinstance(self.requirement, Stacked):
            return (self,)
        found = []
        for requirement, at in self.requirement.slices():
            own = [region for region in self.polytopes or () if at.start <= region.start < at.stop]
            moved = tuple(range(region.start - at.start, region.stop - at.start) for region in own)
            found.append(Specification(take(self.inputs, at), requirement, moved or None, self.source))
        return tuple(found)

    def digest(self) -> str:
        """Hash of the inputs: their names, types, shapes and bytes."""
        return digest(self.inputs)


def arrays(inputs: Inputs) -> dict[str, Array]:
    """Inputs by name; a single one without a name has the name ""."""
    return dict(inputs) if isinstance(inputs, Mapping) else {"": inputs}


def count(inputs: Inputs) -> int:
    """How many points there are."""
    return len(next(iter(arrays(inputs).values())))


def take(inputs: Inputs, points: Indices | slice) -> Inputs:
    """Some of the points."""
    if isinstance(inputs, Mapping):
        return {name: each[points] for name, each in inputs.items()}
    return inputs[points]


def joined(parts: Sequence[Inputs]) -> Inputs:
    """Points after each other."""
    first = parts[0]
    if isinstance(first, Mapping):
        return {name: np.concatenate([arrays(part)[name] for part in parts]) for name in first}
    return np.concatenate([arrays(part)[""] for part in parts])


def stacked(parts: Sequence[Specification], source: str = "") -> Specification:
    """Specifications after each other, each with its own requirement and margin.

    Labels that follow each other with the same margin are written as one requirement.
    """
    if len(parts) == 1:
        return parts[0]
    requirements: list[tuple[Requirement, int]] = []
    polytopes: list[range] = []
    done = 0
    for part in parts:
        own, last = part.requirement, requirements[-1][0] if requirements else None
        if isinstance(own, Labels) and isinstance(last, Labels) and own.margin == last.margin:
            together = np.concatenate([last.labels, own.labels])
            requirements[-1] = replace(own, labels=together), len(together)
        else:
            requirements.append((own, len(part)))
        polytopes += [range(region.start + done, region.stop + done) for region in part.polytopes or ()]
        done += len(part)
    whole = requirements[0][0] if len(requirements) == 1 else Stacked(tuple(requirements))
    return Specification(joined([part.inputs for part in parts]), whole, tuple(polytopes) or None, source)


def digest(inputs: Inputs) -> str:
    """SHA-256 over names, dtypes, shapes and bytes in C order."""
    made = hashlib.sha256()
    for name, array in sorted(arrays(inputs).items()):
        made.update(f"{name}|{array.dtype.str}|{array.shape}|".encode())
        made.update(np.ascontiguousarray(array).tobytes())
    return made.hexdigest()


def duplicates(inputs: Inputs) -> list[tuple[int, ...]]:
    """Groups of points with bit-for-bit the same input, each in ascending order."""
    seen: dict[bytes, list[int]] = {}
    every = [np.ascontiguousarray(array) for array in arrays(inputs).values()]
    for at in range(count(inputs)):
        seen.setdefault(b"".join(array[at].tobytes() for array in every), []).append(at)
    return [tuple(group) for group in seen.values() if len(group) > 1]


def refuse_contradictions(specification: Specification) -> None:
    """One input cannot have two outputs.

    Raises:
        UsageError: the same input is there with requirements that no output can meet together; the points are named.
    """
    pairs = [
        (group[0], other)
        for group in duplicates(specification.inputs)
        for other in group[1:]
        if not specification.requirement.agrees(group[0], other)
    ]
    if pairs:
        named = ", ".join(f"{one} and {other}" for one, other in pairs[:NAMED])
        more = f" and {len(pairs) - NAMED} more pairs" if len(pairs) > NAMED else ""
        what = f"the same input is required to have different outputs: points {named}{more}"
        raise UsageError(what, where=specification.source, hint="remove one of each pair; no network can meet both")

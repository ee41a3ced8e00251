"""What the networks of the battery take, and seeded rows of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from netmend.network.graph import Array


@dataclass(frozen=True, slots=True)
class Taken:
    """One input.

    Attributes:
        shape: of one row. kind: "normal", "positive" (between 0.1 and 2), "unit" (between -0.9 and 0.9), "whole"
            (integers below `below`, none negative), "signed" (integers of either sign below `below`, none zero).
    """

    shape: tuple[int, ...]
    kind: str = "normal"
    below: int = 0

    @property
    def dtype(self) -> str:
        """NumPy's name of the type."""
        return "int64" if self.kind in ("whole", "signed") else "float32"

    def rows(self, count: int, random: np.random.Generator) -> Array:
        """Some rows."""
        shape = (count, *self.shape)
        match self.kind:
            case "normal":
                found: Array = random.standard_normal(shape)
            case "positive":
                found = random.uniform(0.1, 2, shape)
            case "unit":
                found = random.uniform(-0.9, 0.9, shape)
            case "whole":
                found = random.integers(0, self.below, shape)
            case _:
                found = random.integers(1, self.below, shape) * random.choice([-1, 1], shape)
        return found.astype(self.dtype)


def normal(*shape: int) -> Taken:
    """Numbers of a normal distribution."""
    return Taken(shape)


def positive(*shape: int) -> Taken:
    """Numbers above zero."""
    return Taken(shape, "positive")


def unit(*shape: int) -> Taken:
    """Numbers between -0.9 and 0.9."""
    return Taken(shape, "unit")


def whole(*shape: int, below: int) -> Taken:
    """Places in a table."""
    return Taken(shape, "whole", below)


def signed(*shape: int, below: int) -> Taken:
    """Integers of either sign, none zero."""
    return Taken(shape, "signed", below)


def rows(taken: Sequence[Taken], count: int, seed: int) -> list[Array]:
    """Rows of all inputs."""
    random = np.random.default_rng(seed)
    return [each.rows(count, random) for each in taken]


def named(names: Sequence[str], values: Sequence[Array]) -> Mapping[str, Array]:
    """Arrays by the names of a network's inputs, in its order."""
    return dict(zip(names, values, strict=True))

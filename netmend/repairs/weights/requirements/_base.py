"""The shape of a requirement: what must hold for the outputs of each point, as linear rows made on demand.

Everything a user can require is, for a point x_n, a set of rows a . f(x_n) - b >= 0, where f is the network. A
classification with C classes has C - 1 rows a point; they are never all written down.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]
Indices = NDArray[np.intp]


@dataclass(frozen=True, slots=True)
class Row:
    """One linear condition on one point: sum of weights * values[outputs] - bound, to be made as large as asked for.

    Attributes:
        point: index of the input. outputs: which values. weights: their coefficients, in the same order.
        tensor: of which tensor the values are; empty for the output that the requirement reads.
    """

    point: int
    outputs: tuple[int, ...]
    weights: tuple[float, ...]
    bound: float = 0.0
    tensor: str = ""


class Requirement(Protocol):
    """What must hold at N points. Frozen; knows outputs, no network."""

    @property
    def margin(self) -> float:
        """How much slack a point must have, in units of the outputs."""

    @property
    def sentence(self) -> str:
        """What is required, for a person, without the number of points."""

    def slack(self, outputs: Array, error: Array | None = None) -> Array:
        """Smallest value of any row of each point, (N,), for outputs (N, C); negative where something is violated.

        Args:
            error: how far each output may be off, (N, C): then the smallest value that cannot be ruled out. Outputs
                and errors may also be exact fractions (dtype object).
        """

    def violated(self, outputs: Array, at_most: int, target: Array) -> list[Row]:
        """Rows below the target (N,) of their point, at most so many for each point, the worst of a point first."""

    def select(self, points: Indices) -> Requirement:
        """The same for some of the points, in that order."""

    def agrees(self, one: int, other: int) -> bool:
        """Whether one and the same output could meet what is required at two points."""


def margins(requirement: Requirement, outputs: Array) -> Array:
    """Slack beyond the required margin, (N,): the requirement holds where it is not negative."""
    return requirement.slack(outputs) - requirement.margin

"""The shape of a solver: the least change that meets linear rows."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from netmend.repairs.weights.requirements._base import Array

if TYPE_CHECKING:
    from netmend.repairs.weights.block import Change
    from netmend.repairs.weights.rows import Gradients


class Status(StrEnum):
    """How a solver ended. Only `SOLVED` hands over a change."""

    SOLVED = "solved"
    INFEASIBLE = "infeasible"
    UNBOUNDED = "unbounded"
    TIMED_OUT = "timed out"
    DOUBTFUL = "numerically doubtful"


@dataclass(frozen=True, slots=True, eq=False)
class Solution:
    """What a solver found.

    Attributes:
        change: of least norm; None unless the status is `SOLVED`.
        multipliers: (m,) of the rows, not negative; of an infeasible program, a combination of rows that no change
            of reasonable size can meet. None where the solver has none.
    """

    status: Status
    change: Change | None = None
    multipliers: Array | None = None
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Solver:
    """One way of solving.

    Attributes:
        solve: gradients of m rows, what they must reach (m,), seconds it may take.
        norms: the norms it can minimise.
    """

    solve: Callable[[Gradients, Array, float], Solution]
    norms: tuple[str, ...]

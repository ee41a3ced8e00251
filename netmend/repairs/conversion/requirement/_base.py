"""The shape of a requirement: what it says, and whether two sides' answers to the same rows meet it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from netmend.network.graph import Array
from netmend.repairs.conversion.distance import Distance, differences


@dataclass(frozen=True, slots=True, eq=False)
class Answers:
    """What both sides say, each in its own runtime.

    Attributes:
        source: by output of the source. target: under the same names, in the source's layouts.
        rounding: by output, the largest difference that the runtimes' rounding may make; see `recording`.
        coarse: by output, what storing numbers with fewer digits may do besides.
        rows: names of the inputs.
    """

    source: Mapping[str, Array]
    target: Mapping[str, Array]
    rounding: Mapping[str, float]
    coarse: Mapping[str, Distance]
    rows: tuple[str, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Agreement:
    """Whether the answers agree.

    Attributes:
        agrees: of each row, (N,). holds: the requirement as a whole.
        score: greater is better; 0 where all agree as required.
        errors: largest difference of each row over all outputs, in their units, (N,).
        ties: rows whose labels differ because the source's own scores are equal up to rounding.
    """

    agrees: Array
    holds: bool
    score: float
    sentence: str
    errors: Array
    ties: int = 0

    @property
    def share(self) -> float:
        """Of the rows that agree."""
        return float(np.mean(self.agrees))


class Requirement(Protocol):
    """What must hold."""

    @property
    def sentence(self) -> str:
        """What must hold, for a person."""

    def assess(self, answers: Answers) -> Agreement:
        """Whether it does.

        Raises:
            UsageError: it cannot be asked of such outputs.
        """


def errors_by_row(answers: Answers) -> Array:
    """Largest difference of each row, (N,); infinite where shapes differ or one side alone is not finite."""
    rows = len(answers.rows)
    worst = np.zeros(rows)
    for name, right in answers.source.items():
        got = answers.target[name]
        if got.shape != right.shape or len(got) != rows:
            return np.full(rows, np.inf)
        worst = np.maximum(worst, differences(got, right).reshape(rows, -1).max(axis=1, initial=0.0))
    return worst

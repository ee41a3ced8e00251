"""Points drawn evenly from the box, numbers on their own scale. It learns nothing and needs nothing.

References:
    Bergstra and Bengio, "Random Search for Hyper-Parameter Optimization", JMLR 13, 2012.
"""

from __future__ import annotations

import numpy as np

from netmend.search._base import Ask, Problem, SamplerKind
from netmend.search._rows import random_row, to_point


class Random:
    """Ask and tell."""

    def __init__(self, problem: Problem) -> None:
        self._problem = problem
        self._rng = np.random.default_rng(problem.seed)
        self._asked = 0

    def ask(self) -> Ask:
        """The start first, then a new point."""
        number, self._asked = self._asked, self._asked + 1
        if number == 0 and self._problem.start is not None:
            return Ask(number, self._problem.start)
        dimensions = self._problem.dimensions
        return Ask(number, to_point(dimensions, random_row(dimensions, self._rng)))

    def tell(self, ask: Ask, loss: float | None) -> None:
        """Nothing is learnt from it."""


KIND = SamplerKind(Random, "netmend's own even draws")

"""Hyperband: many points at a small share of the work, the best third of them at three times the share, and so on.

Brackets differ in how small a share they begin with, from the smallest to the whole, so that neither trust nor distrust
in short runs can ruin the search. Within a bracket a rung begins when the one before it is answered; where answers are
awaited, the next bracket begins. Points are drawn evenly. With one share of the work this is random search.

Sizes are those of table 1 of Li et al., JMLR 18, 2018, which hpbandster 0.7.4 has too; rounding in algorithm 1 of that
paper would make the brackets between the first and the last a little larger (34 points where the table has 27).
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence

import numpy as np

from netmend.search._base import Ask, Point, Problem, SamplerKind
from netmend.search._rows import random_row, to_point

ETA = 3
"""One in so many is promoted: Li et al., JMLR 18, 2018, section 3.6 (3 or 4)."""

Rung = tuple[float, int]
"""A share of the work, and how many points get it."""


def brackets(fidelities: Sequence[float]) -> list[list[Rung]]:
    """The rungs of each bracket of one round, most points first."""
    rounds = []
    for first in range(len(fidelities)):
        rungs = len(fidelities) - first
        most = len(fidelities) // rungs * ETA ** (rungs - 1)
        rounds.append([(fidelity, most // ETA**rung) for rung, fidelity in enumerate(fidelities[first:])])
    return rounds


class Brackets:
    """Ask and tell: who draws the points decides what they are.

    Args:
        problem: what to search.
        draw: a new point.
    """

    def __init__(self, problem: Problem, draw: Callable[[], Point]) -> None:
        self._draw = draw
        self._start = problem.start
        self._round = brackets(problem.fidelities)
        self._begun: list[_Bracket] = []
        self._bracket_of: dict[int, _Bracket] = {}
        self._asked = self._opened = 0

    def ask(self) -> Ask:
        """The start first; then a point of the oldest bracket that has one; then the first of a new bracket."""
        number, self._asked = self._asked, self._asked + 1
        if number == 0 and self._start is not None:
            return Ask(number, self._start)
        self._begun = [bracket for bracket in self._begun if not bracket.finished]
        bracket = next((bracket for bracket in self._begun if bracket.waiting), None)
        if bracket is None:
            bracket = _Bracket(self._round[self._opened % len(self._round)])
            self._opened += 1
            self._begun.append(bracket)
        self._bracket_of[number] = bracket
        return bracket.ask(number, self._draw)

    def tell(self, ask: Ask, loss: float | None) -> None:
        """The loss of a point; None and what is not finite is never promoted."""
        bracket = self._bracket_of.pop(ask.number, None)
        if bracket is not None:
            bracket.tell(ask, loss)


class _Bracket:
    """Successive halving: one rung after another, each with the best third of the one before."""

    def __init__(self, rungs: Sequence[Rung]) -> None:
        (self._fidelity, count), *self._next_rungs = rungs
        self.waiting: deque[Ask | None] = deque([None] * count)  # what is promoted; None for a new point
        self._under_way = 0
        self._answers: list[tuple[float, int, Ask]] = []

    @property
    def finished(self) -> bool:
        return not self.waiting and not self._under_way

    def ask(self, number: int, draw: Callable[[], Point]) -> Ask:
        promoted = self.waiting.popleft()
        self._under_way += 1
        if promoted is None:
            return Ask(number, draw(), self._fidelity)
        return Ask(number, promoted.point, self._fidelity, resume=promoted.number)

    def tell(self, ask: Ask, loss: float | None) -> None:
        self._under_way -= 1
        if loss is not None and np.isfinite(loss):
            self._answers.append((loss, ask.number, ask))
        if self.finished and self._next_rungs:
            (self._fidelity, count), *self._next_rungs = self._next_rungs
            self.waiting.extend(ask for _, _, ask in sorted(self._answers)[:count])
            self._answers = []


class Hyperband(Brackets):
    """Brackets of points drawn evenly."""

    def __init__(self, problem: Problem) -> None:
        rng = np.random.default_rng(problem.seed)
        super().__init__(problem, lambda: to_point(problem.dimensions, random_row(problem.dimensions, rng)))


KIND = SamplerKind(Hyperband, "netmend's own, after Li et al., JMLR 18, 2018")

"""BOHB: Hyperband whose points come from where good points are dense and bad points are not.

After Falkner, Klein & Hutter, ICML 2018. One point in three is drawn evenly. For the others the answers at the largest
share of the work that has enough of them are parted into the best 15 % and the rest; each part becomes a kernel
density, l and g; of 64 points drawn from l, made wider, the one with the greatest l/g is asked. With one share of the
work this is plain kernel-density search, which is how Kim et al., ICST 2023, ran BOHB.

Where the paper is silent: a point that failed is among the rest and never among the best; a point that was asked before
is not drawn from the model again; the index of a choice has no meaning, so bandwidths of choices do not depend on it.
Only kernels of numbers are widened, as the authors' code does: wider kernels of choices would soon be even.
"""

from __future__ import annotations

import math

import numpy as np

from netmend.search._base import Ask, Point, Problem, SamplerKind
from netmend.search._kernel_density import KernelDensity
from netmend.search._rows import Array, random_row, to_point, to_row
from netmend.search.hyperband import Brackets

# Falkner et al., ICML 2018, section 4, with the numbers that are the defaults of hpbandster 0.7.4.
RANDOM_SHARE = 1 / 3
BEST_SHARE = 0.15
CANDIDATES = 64
WIDEN = 3.0
LEAST_DENSITY = 1e-32
"""Densities count as at least this when compared, so that far from all points none is preferred: hpbandster 0.7.4."""


class Bohb:
    """Ask and tell."""

    def __init__(self, problem: Problem) -> None:
        self._dimensions = problem.dimensions
        self._choices = [len(dimension.choices) for dimension in problem.dimensions]
        self._rng = np.random.default_rng(problem.seed)
        self._brackets = Brackets(problem, self._draw)
        self._answers: dict[float, list[tuple[float, Array]]] = {}
        self._seen: set[tuple[float, ...]] = set()

    def ask(self) -> Ask:
        """The next point; there always is one."""
        ask = self._brackets.ask()
        self._seen.add(tuple(to_row(self._dimensions, ask.point)))
        return ask

    def tell(self, ask: Ask, loss: float | None) -> None:
        """The loss of a point."""
        value = math.inf if loss is None or not math.isfinite(loss) else loss
        self._answers.setdefault(ask.fidelity, []).append((value, to_row(self._dimensions, ask.point)))
        self._brackets.tell(ask, loss)

    def _draw(self) -> Point:
        row = None
        if self._rng.random() >= RANDOM_SHARE:
            row = self._from_model()
        return to_point(self._dimensions, random_row(self._dimensions, self._rng) if row is None else row)

    def _from_model(self) -> Array | None:
        """The most promising new row of those drawn; None if there is no model yet or nothing new."""
        best, rest = self._parted()
        if not len(best):
            return None
        good, bad = KernelDensity(best, self._choices), KernelDensity(rest, self._choices)
        rows = good.sample(self._rng, CANDIDATES, widen=WIDEN)
        least = math.log(LEAST_DENSITY)
        promise = np.maximum(good.log_density(rows), least) - np.maximum(bad.log_density(rows), least)
        for row in rows[np.argsort(-promise, kind="stable")]:
            if tuple(to_row(self._dimensions, to_point(self._dimensions, row))) not in self._seen:
                return np.asarray(row)
        return None

    def _parted(self) -> tuple[Array, Array]:
        """The best and the remaining rows at the largest fidelity with enough answers (eq. 3); empty if none has.

        Where there are few, both parts are filled up to the dimensions plus one, and share rows.
        """
        enough = len(self._choices) + 1
        for fidelity in sorted(self._answers, reverse=True):
            answers = sorted(self._answers[fidelity], key=lambda answer: answer[0])
            finite = sum(math.isfinite(loss) for loss, _ in answers)
            if finite >= enough and len(answers) >= enough + 2:
                rows = np.array([row for _, row in answers])
                best = min(max(enough, int(BEST_SHARE * len(rows))), finite)
                return rows[:best], rows[-max(enough, len(rows) - best) :]
        return np.empty((0, 0)), np.empty((0, 0))


KIND = SamplerKind(Bohb, "netmend's own, after Falkner et al., ICML 2018")

"""Every number of every output is that of the source, up to what rounding may amount to or to a stated tolerance."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from netmend.network.graph import Array
from netmend.repairs.conversion.distance import differences, distance
from netmend.repairs.conversion.requirement._base import Agreement, Answers


@dataclass(frozen=True, slots=True)
class Tensors:
    """Agreement of numbers.

    Attributes:
        tolerance: largest difference, in units of the outputs; None takes what rounding may amount to.
    """

    tolerance: float | None = None

    @property
    def sentence(self) -> str:
        """See `Requirement`."""
        if self.tolerance is None:
            return "every output equals the source's up to rounding, as a replay in float64 measures it"
        return f"every output equals the source's within {self.tolerance:g}"

    def assess(self, answers: Answers) -> Agreement:
        """See `Requirement`; the score is minus the mean decimal logarithm of how many times too large errors are."""
        rows = len(answers.rows)
        excess, errors = np.zeros(rows), np.zeros(rows)
        for name, right in answers.source.items():
            found = _by_row(answers.target[name], right, rows)
            allowed = self._allowed(answers, name)
            with np.errstate(divide="ignore", invalid="ignore"):
                excess = np.maximum(excess, np.where(found == 0, 0.0, found / allowed))
            errors = np.maximum(errors, found)
        agrees = excess <= 1
        coarse = [self._coarse(answers, name) for name in answers.source] if self.tolerance is None else []
        beyond = max(coarse, default=0.0)
        worst = float(errors.max(initial=0.0))
        allowed = max(self._allowed(answers, name) for name in answers.source)
        sentence = (
            f"{int(agrees.sum())} of {rows} inputs agree; the largest difference is {worst:.3g}, allowed {allowed:.3g}"
        )
        if beyond > 1:
            sentence += (
                f"; over all, they are {beyond:.3g} times as far off as storing numbers with fewer digits explains"
            )
        score = -float(np.mean(np.log10(np.clip(excess, 1.0, 1e30)))) - float(np.log10(min(max(beyond, 1.0), 1e30)))
        return Agreement(agrees, bool(agrees.all()) and beyond <= 1, score, sentence, errors)

    def _allowed(self, answers: Answers, name: str) -> float:
        return answers.rounding[name] + answers.coarse[name].largest if self.tolerance is None else self.tolerance

    def _coarse(self, answers: Answers, name: str) -> float:
        """Over all rows, the typical difference as a multiple of what coarse storage explains; zero where it is fine.

        The largest difference of few rows says little there: a probability goes from 0 to 1 where two are near.
        """
        allowed = answers.coarse[name].typical
        if allowed == 0:
            return 0.0
        found = distance(answers.target[name], answers.source[name]).typical
        return max(0.0, found - answers.rounding[name]) / allowed


def _by_row(got: Array, right: Array, rows: int) -> Array:
    if got.shape != right.shape:
        return np.full(rows, np.inf)
    worst: Array = differences(got, right).reshape(rows, -1).max(axis=1, initial=0.0)
    return worst

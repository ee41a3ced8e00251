"""A sampler of Optuna behind our own ask and tell."""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable, Sequence
from typing import Any

from netmend.search._base import Ask, Dimension, Point, Problem


class OptunaSampler:
    """Ask and tell.

    A point that could not be evaluated is told as infinitely bad, so that it is learnt to keep away: of losses these
    samplers use the order only.

    Args:
        sampler: one of `optuna.samplers`.
        dimensions: what it sees of the problem.
        encode, decode: from a point of the problem to one of these dimensions, and back.
    """

    def __init__(
        self,
        problem: Problem,
        sampler: Any,
        dimensions: Sequence[Dimension],
        encode: Callable[[Point], Point] = dict,
        decode: Callable[[Point], Point] = dict,
    ) -> None:
        import optuna

        optuna.logging.set_verbosity(optuna.logging.WARNING)
        self._start, self._decode = problem.start, decode
        self._distributions = {dimension.name: _distribution(dimension) for dimension in dimensions}
        self._study = optuna.create_study(sampler=sampler)
        if problem.start is not None:
            self._study.enqueue_trial(dict(encode(problem.start)))
        self._under_way: dict[int, Any] = {}

    def ask(self) -> Ask:
        """The start first, then what the sampler suggests."""
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # that an option is experimental, that values were given beforehand
            trial = self._study.ask(self._distributions)
        self._under_way[trial.number] = trial
        if trial.number == 0 and self._start is not None:
            return Ask(0, self._start)
        return Ask(trial.number, self._decode(trial.params))

    def tell(self, ask: Ask, loss: float | None) -> None:
        """The loss of a point."""
        failed = loss is None or not math.isfinite(loss)
        self._study.tell(self._under_way.pop(ask.number), math.inf if failed else loss)


def _distribution(dimension: Dimension) -> Any:
    from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution

    if dimension.choices:
        return CategoricalDistribution(dimension.choices)
    if dimension.whole:
        return IntDistribution(round(dimension.low), round(dimension.high), log=dimension.log)
    return FloatDistribution(dimension.low, dimension.high, log=dimension.log)

"""Functions that can be looked at for a share of the work, and runs on them whose cost is counted in whole looks."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from bench.samplers.functions import Function
from netmend.search._base import Dimension, Point, Problem, Sampler


@dataclass(frozen=True, slots=True)
class Staged:
    """A function to minimise whose value becomes known with work.

    Attributes:
        value: the loss of a point when all the work is done, without noise; its smallest value is `least`.
        look: what is seen after a share of the work; None where the training diverged.
        budget: cost of a run, in whole looks; a look at a third of the work costs a third.
    """

    name: str
    dimensions: tuple[Dimension, ...]
    fidelities: Sequence[float]
    value: Callable[[Point], float]
    least: float
    look: Callable[[Point, float, np.random.Generator], float | None]
    budget: int


Make = Callable[[Problem], Sampler]


def search(side: Make, function: Function | Staged, seed: int, evaluations: int) -> tuple[float, float, int]:
    """Regret of the point that looked best when all the work was done, and the seconds of all suggestions.

    Models here do not fail, or say nothing of it: the last number is 0.
    """
    staged = function if isinstance(function, Staged) else _at_once(function)
    noise = np.random.default_rng([seed, evaluations])
    started = time.perf_counter()
    sampler = side(Problem(staged.dimensions, seed, fidelities=staged.fidelities))
    spent, cost, best, regret = time.perf_counter() - started, 0.0, math.inf, math.inf
    while cost < evaluations:
        started = time.perf_counter()
        ask = sampler.ask()
        spent += time.perf_counter() - started
        assert ask is not None, "nothing is under way, so there is something to ask"
        cost += ask.fidelity
        seen = staged.look(ask.point, ask.fidelity, noise)
        if ask.fidelity == 1 and seen is not None and seen < best:
            best, regret = seen, staged.value(ask.point) - staged.least
        started = time.perf_counter()
        sampler.tell(ask, seen)
        spent += time.perf_counter() - started
    return regret, spent, 0


def _at_once(function: Function) -> Staged:
    """A function that can only be looked at as a whole."""

    def look(point: Point, fidelity: float, rng: np.random.Generator) -> float:
        return function.look(point, rng)

    return Staged(function.name, function.dimensions, (1.0,), function.value, function.least, look, WHOLE)


WHOLE = 60
"""Cost of a run on a function without stages: in fifteen dimensions hpbandster's model begins after 32 answers, so that
it has about as many left to show what it can."""

_HALF = 8
_DRAWS = 729


def _ones(point: Point, fidelity: float, rng: np.random.Generator) -> float:
    draws = round(_DRAWS * fidelity)
    ones = sum(int(point[f"choice{i}"] == 1) for i in range(_HALF))
    return -ones - sum(rng.binomial(draws, float(point[f"chance{i}"] or 0)) / draws for i in range(_HALF))


def _expected_ones(point: Point) -> float:
    return -sum(float(value or 0) for value in point.values())


_BEST_RATE = {"sgd": -1.0, "rmsprop": -3.0, "adam": -2.5}
_FLOOR = {"sgd": 0.35, "rmsprop": 0.25, "adam": 0.2}
_CHANCE = math.log(10)


def _curve(point: Point, fidelity: float) -> float:
    """A loss that decays towards a floor: the larger the rate, the faster, and too large is worse in the end."""
    kind = str(point["optimiser"])
    rate, dropout = (float(point[name]) for name in ("rate", "dropout"))  # type: ignore[arg-type]
    off = math.log10(rate) - _BEST_RATE[kind]
    floor = min(_FLOOR[kind] + 0.2 * off * off + 0.5 * (dropout - 0.3) ** 2, _CHANCE)
    return floor + (_CHANCE - floor) * math.exp(-30 * math.sqrt(10**off) * fidelity)


def _look_at_curve(point: Point, fidelity: float, rng: np.random.Generator) -> float | None:
    noise = 0.03 * rng.standard_normal()
    diverges = math.log10(float(point["rate"] or 1)) - _BEST_RATE[str(point["optimiser"])] > 1.5
    return None if diverges else _curve(point, fidelity) + noise


STAGED = {
    function.name: function
    for function in (
        Staged(
            "counting-ones",
            (
                *(Dimension(f"choice{i}", choices=(0, 1)) for i in range(_HALF)),
                *(Dimension(f"chance{i}") for i in range(_HALF)),
            ),
            tuple(3.0**-i for i in (4, 3, 2, 1, 0)),
            _expected_ones,
            -2.0 * _HALF,
            _ones,
            budget=21,
        ),
        Staged(
            "curves",
            (
                Dimension("optimiser", choices=("sgd", "rmsprop", "adam")),
                Dimension("rate", low=1e-6, high=10, log=True),
                Dimension("dropout", low=0, high=0.9),
            ),
            tuple(3.0**-i for i in (3, 2, 1, 0)),
            lambda point: _curve(point, 1.0),
            0.2,
            _look_at_curve,
            budget=30,
        ),
    )
}
"""By name. Counting ones: Falkner et al., ICML 2018, section 5.1, with eight choices and eight chances of 729 draws.
Budgets: one round of brackets of counting ones, two of curves."""

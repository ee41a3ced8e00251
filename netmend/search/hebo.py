"""HEBO: Bayesian optimisation that expects noise, skewed losses and uneven inputs.

After Cowen-Rivers et al., "HEBO: Pushing the Limits of Sample-Efficient Hyperparameter Optimisation", JAIR 74, 2022.
As many quasi-random points as there are dimensions, and one more, come first. Then a Gaussian process is
fitted to power-transformed losses, and points are drawn from the Pareto front, found by NSGA-II, of expected
improvement, probability of improvement and lower confidence bound, all perturbed by noise of the fitted size.

Of points asked before new answers come, the first is any of the front, the second the one with the best mean, the third
the most uncertain one, others any again; the process is fitted once for all of them.

Where the paper is silent: a choice is one-hot with one length scale; a point that failed counts as the worst loss seen,
so that the search keeps away from it (the published package leaves it out); a point that was asked before is not asked
again, and where nothing new is found nothing is asked.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from netmend.search._base import Ask, Point, Problem, SamplerKind
from netmend.search._gaussian_process import GaussianProcess, fit
from netmend.search._nsga2 import pareto_front
from netmend.search._rows import Array, settled, to_point, to_row

# HEBO 0.3.6, optimizers/hebo.py and acquisitions/acq.py.
POPULATION, GENERATIONS = 100, 100
LEAST_IMPROVEMENT = 1e-4
"""What an improvement must exceed, in standard deviations of the transformed losses."""
CONFIDENCE, FAILURE = 0.5, 0.01
"""Upsilon and delta of the weight of uncertainty (Srinivas et al., ICML 2010; Lyu et al., ICML 2018)."""

SEARCHED = 1024
"""Quasi-random points that are looked through for one that was not asked before; our choice, a few milliseconds."""


class Hebo:
    """Ask and tell."""

    def __init__(self, problem: Problem) -> None:
        from scipy.stats import qmc

        self._problem = problem
        self._choices = [len(dimension.choices) for dimension in problem.dimensions]
        self._rng = np.random.default_rng(problem.seed)
        self._sobol = qmc.Sobol(len(problem.dimensions), seed=self._rng)
        self._asked: dict[tuple[float, ...], int] = {}
        self._rows: list[Array] = []
        self._losses: list[float] = []
        self._candidates: list[Array] = []
        self._fitted_to = 0

    def ask(self) -> Ask | None:
        """The next point; None if no new one is found, as in a small box that was searched through."""
        if not self._asked and self._problem.start is not None:
            return self._ask(self._problem.start)
        if len(self._losses) > self._fitted_to and self._can_be_fitted():
            self._fitted_to = len(self._losses)
            self._candidates = self._promising()
        row = self._candidates.pop(0) if self._candidates else self._quasi_random()
        return None if row is None else self._ask(to_point(self._problem.dimensions, row))

    def tell(self, ask: Ask, loss: float | None) -> None:
        """The loss of a point; one that failed counts as the worst seen."""
        self._rows.append(to_row(self._problem.dimensions, ask.point))
        self._losses.append(math.inf if loss is None or not math.isfinite(loss) else float(loss))

    def _ask(self, point: Point) -> Ask:
        number = len(self._asked)
        self._asked[_key(to_row(self._problem.dimensions, point))] = number
        return Ask(number, point)

    def _can_be_fitted(self) -> bool:
        finite = {loss for loss in self._losses if math.isfinite(loss)}
        return len(self._losses) > len(self._choices) and len(finite) > 1

    def _quasi_random(self) -> Array | None:
        """The next point of the Sobol sequence that was not asked before."""
        rows = (self._spread(1)[0] for _ in range(SEARCHED))
        return next((row for row in rows if _key(row) not in self._asked), None)

    def _spread(self, count: int) -> Array:
        places = self._sobol.random(count)
        rows = np.where(self._choices, np.floor(places * self._choices), places)
        return settled(self._problem.dimensions, rows)

    def _promising(self) -> list[Array]:
        """New points of the front, in the order of asking."""
        rows, losses = np.array(self._rows), np.array(self._losses)
        losses[np.isinf(losses)] = losses[np.isfinite(losses)].max()
        model = fit(rows, power_transformed(losses), self._choices, self._rng)
        best = rows[np.argmin(losses)]
        front = pareto_front(
            acquisitions(model, best, len(rows), self._rng),
            np.vstack([best, self._spread(POPULATION - 1)]),
            self._choices,
            generations=GENERATIONS,
            rng=self._rng,
            settle=lambda moved: settled(self._problem.dimensions, moved),
        )
        new = [row for row in self._rng.permutation(front) if _key(row) not in self._asked]
        if len(new) > 2:
            mean, deviation = model.predict(np.array(new[1:]))
            surest, boldest = int(np.argmin(mean)) + 1, int(np.argmax(deviation)) + 1
            picked = list(dict.fromkeys([0, surest, boldest]))
            new = [new[index] for index in picked + [index for index in range(len(new)) if index not in picked]]
        return new


def acquisitions(
    model: GaussianProcess, best: Array, answers: int, rng: np.random.Generator
) -> Callable[[Array], Array]:
    """Lower confidence bound, minus log expected improvement, minus log probability of improvement of rows.

    Improvement is on the predicted loss of the best row. Predictions are perturbed by noise (section 4.3 of the paper:
    the acquisition that holds on average over the error of the model).
    """
    from scipy.special import log_ndtr

    dimensions = len(best)
    kappa = math.sqrt(
        2 * CONFIDENCE * ((2 + dimensions / 2) * math.log(answers) + math.log(3 * math.pi**2 / (3 * FAILURE)))
    )
    target = model.predict(best[None])[0][0] - LEAST_IMPROVEMENT

    def objectives(rows: Array) -> Array:
        mean, deviation = model.predict(rows)
        noise = math.sqrt(2) * model.noise * rng.standard_normal((2, len(rows)))
        z = (target - mean - noise[1]) / deviation
        log_improvement = np.log(deviation) + log_expected_improvement(z)
        return np.column_stack([mean + noise[0] - kappa * deviation, -log_improvement, -log_ndtr(z)])

    return objectives


def log_expected_improvement(z: Array) -> Array:
    """Logarithm of the mean of max(0, z + standard normal), exact far into the tail (Ament et al., NeurIPS 2023)."""
    from scipy.special import erfcx, ndtr

    near, far = np.maximum(z, -1), np.minimum(z, -1)
    density = np.exp(-(near**2) / 2) / math.sqrt(2 * math.pi)
    mills = math.sqrt(math.pi / 2) * erfcx(-far / math.sqrt(2))
    # 1 - |z| mills falls like 1 / z^2, and is lost in rounding beyond |z| = 1e5.
    tail = np.where(far > -1e5, np.log1p(np.maximum(far * mills, -1 + 1e-11)), -2 * np.log(-far))
    return np.where(z > -1, np.log(density + near * ndtr(near)), -(far**2) / 2 - math.log(2 * math.pi) / 2 + tail)


def power_transformed(losses: Array) -> Array:
    """Losses made nearly normal, with mean 0 and deviation 1, in the same order.

    Box-Cox where all are positive, otherwise Yeo-Johnson, with the exponent of greatest likelihood (section 4.1 of the
    paper); their ranks where neither is finite, as for losses beyond 1e150.
    """
    from scipy.stats import boxcox, rankdata, yeojohnson

    with np.errstate(all="ignore"):
        scaled = losses / losses.std()
        try:
            transformed = (boxcox if scaled.min() > 0 else yeojohnson)(scaled)[0]
        except ValueError:
            transformed = scaled
        spread = transformed.std()
    if not np.isfinite(spread) or spread < math.sqrt(np.finfo(float).eps):
        transformed = rankdata(losses)
    return np.asarray((transformed - transformed.mean()) / transformed.std())


def _key(row: Array) -> tuple[float, ...]:
    """What tells points apart, beyond the error of turning a row into a point and back."""
    return tuple(np.round(row, 9).tolist())


KIND = SamplerKind(Hebo, "netmend's own, after Cowen-Rivers et al., JAIR 74, 2022")

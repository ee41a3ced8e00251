"""A Gaussian process over rows of a box, whose parameters are drawn rather than optimised.

The default model of HEBO 0.3.6 (models/gp/gp.py; Cowen-Rivers et al., JAIR 74, 2022, section 4): a Matérn-3/2 kernel of
the numbers times one of the choices, with a length scale for each dimension, and a log-normal prior that expects little
noise. A choice is one-hot; its coordinates share one length scale, so that all its values are equally far apart.
Parameters come from a short walk of Langevin dynamics, so that each fit is a little different: those of greatest
posterior density are often wrong after few answers, and then the search stays where it is.

The paper also warps the numbers, which that model does not. Warping, and the greatest posterior density, were tried and
left out, before the mean was learnt. Own measurement, seeds 1000 to 1009 of `rosenbrock-4` (bench/samplers): geometric
means of the regrets of 3.8 with neither, 7.3 with warping, 6.9 with the greatest density, and 5.5 with both.

The linear part of the paper's kernel is left out, as in that model: it took the first few answers for a plane, with
great confidence, and the search stayed in corners.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from netmend.search._rows import Array

NOISE_PRIOR = (-4.63, 0.5)
"""Mean and standard deviation of the logarithm of the noise variance of standardised targets: HEBO 0.3.6."""
VARIANCE_PRIOR = (0.5, 0.5)
"""Shape and rate of the gamma prior of the variance of the noise-free target. As in the default model of HEBO 0.3.6 it
is the density of the variance that counts, not of its logarithm, which keeps the variance small: the front would
otherwise be long where nothing is known."""
MEAN_VARIANCE = 1.0
"""Variance beforehand of a constant that is part of all targets: that of the targets. It is the mean far from all
answers, which HEBO 0.3.6 learns as a parameter. With a mean of 0, that of the answers, which are mostly good ones, the
search wandered: with the constant regrets were smaller in 10 of 12 runs of `hartmann-6` and `rosenbrock-4`
(bench/samplers; seeds from 1000 on; own measurement)."""
NUMBER_LENGTH, CHOICE_LENGTH = 1 - math.sqrt(0.5), math.sqrt(2)
"""Medians of a length scale beforehand: the median distance of two numbers drawn evenly, and the distance of two
choices. HEBO 0.3.6 starts at the median distance of the values of a number."""
LENGTH_DEVIATION = 1.0
"""Standard deviation of its logarithm: our choice, a factor of seven either way."""
STEPS, RATE, MEMORY, QUIET = 100, 0.01, 0.99, 10
"""Steps of the walk, their size, the weight of the past in their scale, and steps without noise: HEBO 0.3.6
(models/gp/gp.py, models/nn/sgld.py)."""

LEAST_NOISE = 8e-4
"""Noise variance is at least this, which also keeps the covariance well conditioned: HEBO 0.3.6, noise_lb."""
BOUNDS = {"length": (1e-2, 1e3), "variance": (1e-5, 1e2), "noise": (LEAST_NOISE, 1e1)}
"""Guards against overflow, far from where data or priors lead."""


class Inputs:
    """Rows of a box as coordinates: numbers first, then choices one-hot.

    Args:
        choices: number of choices of each dimension; 0 for a number.
    """

    def __init__(self, choices: Sequence[int]) -> None:
        self.numbers = [index for index, count in enumerate(choices) if not count]
        self.choices = [(index, count) for index, count in enumerate(choices) if count]
        groups = self.numbers + [index for index, count in self.choices for _ in range(count)]
        self.groups = np.array(groups, dtype=int)
        """The dimension that each coordinate belongs to."""

    def coordinates(self, rows: Array) -> Array:
        """Shape (rows, coordinates)."""
        hot = [rows[:, index, None] == np.arange(count) for index, count in self.choices]
        return np.hstack([rows[:, self.numbers], *hot]).astype(float)


@dataclass(frozen=True, slots=True)
class GaussianProcess:
    """Fitted: predicts the noise-free target.

    Attributes:
        noise: standard deviation of the noise.
    """

    noise: float
    _inputs: Inputs
    _kernel: _Kernel
    _known: Array
    _factor: Array
    _weights: Array

    def predict(self, rows: Array) -> tuple[Array, Array]:
        """Means and standard deviations, one for each row."""
        from scipy.linalg import solve_triangular

        cross = self._kernel.covariance(self._inputs.coordinates(rows), self._known) + MEAN_VARIANCE
        explained = solve_triangular(self._factor, cross.T, lower=True, check_finite=False)
        variance = self._kernel.variance + MEAN_VARIANCE - (explained**2).sum(0)
        return cross @ self._weights, np.sqrt(np.maximum(variance, np.finfo(float).eps))


def fit(rows: Array, targets: Array, choices: Sequence[int], rng: np.random.Generator) -> GaussianProcess:
    """A process whose parameters were drawn.

    Args:
        rows: shape (points, dimensions), as `netmend.search._rows` makes them.
        targets: one for each row, standardised.
        choices: number of choices of each dimension; 0 for a number.
        rng: of the draw.
    """
    from scipy.linalg import cho_solve, cholesky

    posterior = Posterior(rows, targets, choices)
    kernel, noise = posterior.parts(drawn(posterior, rng))
    known = posterior.coordinates
    covariance = kernel.covariance(known, known) + MEAN_VARIANCE + noise * np.eye(len(known))
    factor = cholesky(covariance, lower=True)
    weights = cho_solve((factor, True), targets)
    return GaussianProcess(math.sqrt(noise), posterior.inputs, kernel, known, factor, weights)


def drawn(posterior: Posterior, rng: np.random.Generator) -> Array:
    """Where Langevin dynamics, scaled by past slopes, have led from the start (Li et al., AAAI 2016, algorithm 1)."""
    points, parameters, squares = len(posterior.coordinates), posterior.start, np.zeros_like(posterior.start)
    for step in range(STEPS):
        slope = posterior(parameters)[1] / points
        squares = MEMORY * squares + (1 - MEMORY) * slope**2
        scale = np.sqrt(squares) + 1e-8
        parameters = parameters - RATE * slope / scale
        if step >= QUIET:
            parameters += np.sqrt(2 * RATE / scale) / points * rng.standard_normal(len(parameters))
        parameters = np.clip(parameters, *posterior.bounds)
    return parameters


@dataclass(frozen=True, slots=True)
class _Kernel:
    """Covariance of the noise-free target, at given parameters."""

    lengths: Array
    variance: float
    numbers: int

    def distances(self, one: Array, other: Array) -> Iterator[tuple[slice, Array]]:
        """Distances times the root of three along the numbers, and along the choices."""
        for part in (slice(self.numbers), slice(self.numbers, None)):
            left, right = one[:, part] / self.lengths[part], other[:, part] / self.lengths[part]
            squared = (left**2).sum(1)[:, None] + (right**2).sum(1)[None] - 2 * left @ right.T
            yield part, np.sqrt(3 * np.maximum(squared, 0))

    def covariance(self, one: Array, other: Array) -> Array:
        """Of coordinates."""
        product = np.full((len(one), len(other)), self.variance)
        for _, distance in self.distances(one, other):
            product *= (1 + distance) * np.exp(-distance)
        return product


class Posterior:
    """Minus the log posterior density of the parameters' logarithms, and its gradient.

    Parameters in order: a length scale for each dimension, variances of the noise-free target and of the noise.

    Attributes:
        start: the median parameters beforehand; the variance is that of the targets.
        bounds: the smallest and the largest parameters.
    """

    def __init__(self, rows: Array, targets: Array, choices: Sequence[int]) -> None:
        self.inputs = Inputs(choices)
        self.dimensions = len(choices)
        self.coordinates = self.inputs.coordinates(rows)
        self._targets = targets
        kinds = ["length"] * self.dimensions + ["variance", "noise"]
        self.bounds = np.log([BOUNDS[kind] for kind in kinds]).T
        self._lengths = np.log([CHOICE_LENGTH if count else NUMBER_LENGTH for count in choices])
        self.start = np.append(self._lengths, [0.0, NOISE_PRIOR[0]])

    def parts(self, parameters: Array) -> tuple[_Kernel, float]:
        """The kernel and the noise variance."""
        lengths, (variance, noise) = np.split(np.exp(parameters), [self.dimensions])
        return _Kernel(lengths[self.inputs.groups], float(variance), len(self.inputs.numbers)), float(noise)

    def __call__(self, parameters: Array) -> tuple[float, Array]:
        """Value and gradient.

        With W = K^-1 y y' K^-1 - K^-1, the derivative of the log likelihood along dK is tr(W dK) / 2 (Rasmussen and
        Williams, 2006, eq. 5.9); it is carried back through the kernel.
        """
        from scipy.linalg import cho_solve, cholesky

        kernel, noise = self.parts(parameters)
        points = self.coordinates
        covariance = kernel.covariance(points, points)
        factor = cholesky(covariance + MEAN_VARIANCE + noise * np.eye(len(points)), lower=True, check_finite=False)
        weights = cho_solve((factor, True), self._targets, check_finite=False)
        inverse = cho_solve((factor, True), np.eye(len(points)), check_finite=False)
        value = self._targets @ weights / 2 + np.log(np.diag(factor)).sum() + len(points) / 2 * math.log(2 * math.pi)

        along = np.outer(weights, weights) - inverse
        scaled, on_scaled = points / kernel.lengths, np.empty_like(points)
        for part, distance in kernel.distances(points, points):
            pull = along * 3 * covariance / (1 + distance)
            on_scaled[:, part] = pull @ scaled[:, part] - pull.sum(1)[:, None] * scaled[:, part]
        on_lengths = np.bincount(self.inputs.groups, -(on_scaled * scaled).sum(0), self.dimensions)
        on_variances = [(along * covariance).sum() / 2, noise * np.trace(along) / 2]
        gradient = np.concatenate([on_lengths, on_variances])

        prior, slope = self._prior(parameters)
        return float(value - prior), -gradient - slope

    def _prior(self, parameters: Array) -> tuple[float, Array]:
        """Log prior density, up to a constant, and its gradient."""
        slope = np.zeros_like(parameters)
        count = self.dimensions
        shape, rate = VARIANCE_PRIOR
        value = (shape - 1) * parameters[count] - rate * math.exp(parameters[count])
        slope[count] = shape - 1 - rate * math.exp(parameters[count])
        for where, (mean, deviation) in (
            (slice(count), (self._lengths, LENGTH_DEVIATION)),
            (slice(count + 1, None), NOISE_PRIOR),
        ):
            off = (parameters[where] - mean) / deviation
            value -= float(np.sum(off**2)) / 2
            slope[where] = -off / deviation
        return value, slope

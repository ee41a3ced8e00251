"""A Gaussian process over rows of a box whose numbers are warped by learnt curves.

After section 4 of Cowen-Rivers et al., JAIR 74, 2022 (HEBO): Kumaraswamy warping of the inputs, Matérn-3/2 kernels with
a length scale for each dimension, and a log-normal prior that expects little noise. The kernel is that of the numbers
times that of the choices, as in HEBO 0.3.6. A choice is one-hot; its coordinates share one length scale, so that all
its values are equally far apart. Parameters are those of greatest posterior density, found by L-BFGS from two starts
with exact gradients.

Two things differ. The linear part of the paper's kernel is left out, as in the default model of HEBO 0.3.6: it took
the first few answers for a plane, with great confidence, and the search stayed in corners. Length scales have a prior,
around where that model starts: it ends after 100 small steps nearby, while the greatest density without a prior was
found at scales of a hundredth or a thousand. Own measurement, on functions that the comparison does not use.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from netmend.search._rows import Array

# Priors of the warped model of HEBO 0.3.6 (models/gp/gpy_wgp.py) and of the warping it uses (GPy, KumarWarping).
NOISE_PRIOR = (-4.63, 0.5)
"""Mean and standard deviation of the logarithm of the noise variance of standardised targets."""
WARPING_PRIOR = (0.0, 0.75)
"""The same of the two exponents of a warping; Snoek et al., ICML 2014, section 3.1, has log-normal priors too."""
VARIANCE_PRIOR = (0.5, 0.5)
"""Shape and rate of the gamma prior of the variance of the noise-free target. As in the default model of HEBO 0.3.6 it
is the density of the variance that counts, not of its logarithm, which keeps the variance small: the front would
otherwise be long where nothing is known."""
NUMBER_LENGTH, CHOICE_LENGTH = 1 - math.sqrt(0.5), math.sqrt(2)
"""Medians of a length scale beforehand: the median distance of two numbers drawn evenly, and the distance of two
choices. HEBO 0.3.6 starts at the median distance of the values of a number."""
LENGTH_DEVIATION = 1.0
"""Standard deviation of its logarithm: our choice, a factor of seven either way."""
STEPS = 100
"""L-BFGS iterations of one start at most. Own measurement: at 100 points of 15 mixed dimensions both starts had come
within 0.2 of the log density that 200 iterations reach (HEBO 0.3.6: 200 iterations of 10 random starts)."""

LEAST_NOISE = 8e-4
"""Noise variance is at least this, which also keeps the covariance well conditioned: HEBO 0.3.6, noise_lb."""
EDGE = 1e-6
"""Numbers are kept this far from 0 and 1, where the slopes of the warping are not finite: GPy, KumarWarping."""
BOUNDS = {"length": (1e-2, 1e3), "variance": (1e-5, 1e2), "noise": (LEAST_NOISE, 1e1), "exponent": (0.1, 10.0)}
"""Guards against overflow, far from where data or priors lead; the exponents' upper bound is that of GPy."""


def warped(places: Array, a: Array, b: Array) -> Array:
    """The distribution function of Kumaraswamy, 1 - (1 - u^a)^b: increasing from 0 to 1; the identity at a = b = 1."""
    return np.asarray(1 - (1 - places**a) ** b)


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
        """Shape (rows, coordinates), unwarped."""
        hot = [rows[:, index, None] == np.arange(count) for index, count in self.choices]
        return np.hstack([np.clip(rows[:, self.numbers], EDGE, 1 - EDGE), *hot]).astype(float)


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

        new = self._kernel.warped(self._inputs.coordinates(rows))
        cross = self._kernel.covariance(new, self._known)
        explained = solve_triangular(self._factor, cross.T, lower=True, check_finite=False)
        variance = self._kernel.variance - (explained**2).sum(0)
        return cross @ self._weights, np.sqrt(np.maximum(variance, np.finfo(float).eps))


def fit(rows: Array, targets: Array, choices: Sequence[int]) -> GaussianProcess:
    """The process of greatest posterior density.

    It is sought from the median length scales beforehand and from these times the root of the number of dimensions:
    with the former the rows of a large box are hardly alike, where gradients are small (Hvarfner et al., ICML 2024,
    section 4).

    Args:
        rows: shape (points, dimensions), as `netmend.search._rows` makes them.
        targets: one for each row, standardised.
        choices: number of choices of each dimension; 0 for a number.
    """
    from scipy.linalg import cho_solve, cholesky
    from scipy.optimize import minimize

    posterior = Posterior(rows, targets, choices)
    best = min(
        (
            minimize(posterior, start, jac=True, method="L-BFGS-B", bounds=posterior.bounds, options={"maxiter": STEPS})
            for start in (posterior.start(1.0), posterior.start(math.sqrt(len(choices))))
        ),
        key=lambda found: float(found.fun),
    )
    kernel, noise = posterior.parts(best.x)
    known = kernel.warped(posterior.coordinates)
    factor = cholesky(kernel.covariance(known, known) + noise * np.eye(len(known)), lower=True)
    weights = cho_solve((factor, True), targets)
    return GaussianProcess(math.sqrt(noise), posterior.inputs, kernel, known, factor, weights)


@dataclass(frozen=True, slots=True)
class _Kernel:
    """Covariance of the noise-free target, at given parameters."""

    lengths: Array
    variance: float
    a: Array
    b: Array

    def warped(self, coordinates: Array) -> Array:
        """Coordinates with their numbers, which come first, warped."""
        count = len(self.a)
        return np.hstack([warped(coordinates[:, :count], self.a, self.b), coordinates[:, count:]])

    def distances(self, one: Array, other: Array) -> Iterator[tuple[slice, Array]]:
        """Distances times the root of three along the numbers, and along the choices."""
        count = len(self.a)
        for part in (slice(count), slice(count, None)):
            left, right = one[:, part] / self.lengths[part], other[:, part] / self.lengths[part]
            squared = (left**2).sum(1)[:, None] + (right**2).sum(1)[None] - 2 * left @ right.T
            yield part, np.sqrt(3 * np.maximum(squared, 0))

    def covariance(self, one: Array, other: Array) -> Array:
        """Of warped coordinates."""
        product = np.full((len(one), len(other)), self.variance)
        for _, distance in self.distances(one, other):
            product *= (1 + distance) * np.exp(-distance)
        return product


class Posterior:
    """Minus the log posterior density of the parameters' logarithms, and its gradient.

    Parameters in order: a length scale for each dimension, variances of the noise-free target and of the noise, and the
    exponents a, then b, of the warping of each number.
    """

    def __init__(self, rows: Array, targets: Array, choices: Sequence[int]) -> None:
        self.inputs = Inputs(choices)
        self.dimensions = len(choices)
        self.coordinates = self.inputs.coordinates(rows)
        self._targets = targets
        count = len(self.inputs.numbers)
        kinds = ["length"] * self.dimensions + ["variance", "noise"] + ["exponent"] * 2 * count
        self.bounds = [(math.log(BOUNDS[kind][0]), math.log(BOUNDS[kind][1])) for kind in kinds]

        medians = [CHOICE_LENGTH if count else NUMBER_LENGTH for count in choices]
        self._lengths = np.log(medians)

    def start(self, stretch: float) -> Array:
        """The median parameters beforehand, with length scales stretched; the variance is that of the targets."""
        lengths = self._lengths + math.log(stretch)
        exponents = np.full(2 * len(self.inputs.numbers), WARPING_PRIOR[0])
        return np.concatenate([lengths, [0.0, NOISE_PRIOR[0]], exponents])

    def parts(self, parameters: Array) -> tuple[_Kernel, float]:
        """The kernel and the noise variance."""
        lengths, variances, exponents = np.split(np.exp(parameters), [self.dimensions, self.dimensions + 2])
        a, b = np.split(exponents, 2)
        return _Kernel(lengths[self.inputs.groups], float(variances[0]), a, b), float(variances[1])

    def __call__(self, parameters: Array) -> tuple[float, Array]:
        """Value and gradient.

        With W = K^-1 y y' K^-1 - K^-1, the derivative of the log likelihood along dK is tr(W dK) / 2 (Rasmussen and
        Williams, 2006, eq. 5.9); it is carried back through the kernel to the warped coordinates and on to the rest.
        """
        from scipy.linalg import cho_solve, cholesky

        kernel, noise = self.parts(parameters)
        points = kernel.warped(self.coordinates)
        covariance = kernel.covariance(points, points)
        factor = cholesky(covariance + noise * np.eye(len(points)), lower=True, check_finite=False)
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
        on_exponents = self._on_exponents(kernel, on_scaled / kernel.lengths)
        gradient = np.concatenate([on_lengths, on_variances, *on_exponents])

        prior, slope = self._prior(parameters)
        return float(value - prior), -gradient - slope

    def _on_exponents(self, kernel: _Kernel, on_points: Array) -> tuple[Array, Array]:
        count = len(kernel.a)
        places, on_numbers = self.coordinates[:, :count], on_points[:, :count]
        powers = places**kernel.a
        rest = 1 - powers
        by_a = kernel.a * kernel.b * rest ** (kernel.b - 1) * powers * np.log(places)
        by_b = -kernel.b * rest**kernel.b * np.log(rest)
        return (on_numbers * by_a).sum(0), (on_numbers * by_b).sum(0)

    def _prior(self, parameters: Array) -> tuple[float, Array]:
        """Log prior density, up to a constant, and its gradient."""
        slope = np.zeros_like(parameters)
        count = self.dimensions
        shape, rate = VARIANCE_PRIOR
        value = (shape - 1) * parameters[count] - rate * math.exp(parameters[count])
        slope[count] = shape - 1 - rate * math.exp(parameters[count])
        for where, (mean, deviation) in (
            (slice(count), (self._lengths, LENGTH_DEVIATION)),
            (slice(count + 1, count + 2), NOISE_PRIOR),
            (slice(count + 2, None), WARPING_PRIOR),
        ):
            off = (parameters[where] - mean) / deviation
            value -= float(np.sum(off**2)) / 2
            slope[where] = -off / deviation
        return value, slope

"""The Gaussian process under HEBO, against slower and more obvious ways of computing."""

import math

import numpy as np
import pytest
from scipy.optimize import approx_fprime
from scipy.stats import gamma, lognorm, multivariate_normal

from netmend.search._gaussian_process import Posterior, drawn, fit

CHOICES = (0, 3, 0)


def rows(count, seed=0):
    rng = np.random.default_rng(seed)
    return np.column_stack([rng.integers(choices, size=count) if choices else rng.random(count) for choices in CHOICES])


def chance():
    return np.random.default_rng(0)


def smooth(points):
    """A function of the first number and the choice; the second number does nothing."""
    return np.sin(4 * points[:, 0]) + 0.7 * (points[:, 1] == 2)


def test_the_gradient_of_the_posterior_is_its_slope():
    points = rows(12)
    posterior = Posterior(points, smooth(points), CHOICES)
    start = posterior.start
    for seed in range(3):
        parameters = start + 0.5 * np.random.default_rng(seed).standard_normal(len(start))
        slope = approx_fprime(parameters, lambda at: posterior(at)[0], 1e-6)
        assert np.allclose(posterior(parameters)[1], slope, rtol=1e-3, atol=1e-3)


def test_the_posterior_is_the_likelihood_of_a_normal_distribution_times_priors():
    points = rows(12)
    targets = smooth(points)
    posterior = Posterior(points, targets, CHOICES)

    def slowly(parameters):
        kernel, noise = posterior.parts(parameters)
        covariance = np.empty((12, 12))
        for i, one in enumerate(posterior.coordinates):
            for j, other in enumerate(posterior.coordinates):
                covariance[i, j] = kernel.variance
                for part in (slice(2), slice(2, None)):  # two numbers, one choice
                    distance = math.sqrt(3) * math.dist((one / kernel.lengths)[part], (other / kernel.lengths)[part])
                    covariance[i, j] *= (1 + distance) * math.exp(-distance)
                covariance[i, j] += 1 + noise * (i == j)  # 1: the variance of the mean
        likelihood = multivariate_normal(np.zeros(12), covariance).logpdf(targets)
        lengths, (variance, noise) = np.split(np.exp(parameters), [3])
        medians = np.array([1 - math.sqrt(0.5), math.sqrt(2), 1 - math.sqrt(0.5)])
        # Densities of logarithms are those of the parameters times the parameters; the variance is taken as it is.
        prior = lognorm.logpdf(lengths, 1, scale=medians).sum() + gamma.logpdf(variance, 0.5, scale=2)
        prior += lognorm.logpdf(noise, 0.5, scale=math.exp(-4.63))
        return -likelihood - prior - np.delete(parameters, 3).sum()

    low = posterior.start
    high = low + np.linspace(-1, 1, len(low))
    assert posterior(high)[0] - posterior(low)[0] == pytest.approx(slowly(high) - slowly(low))


def test_it_interpolates_a_smooth_function_as_well_as_it_says():
    known, new = rows(40), rows(200, seed=1)
    targets = smooth(known)
    shift, scale = targets.mean(), targets.std()
    model = fit(known, (targets - shift) / scale, CHOICES, chance())
    mean, deviation = model.predict(new)
    error = mean * scale + shift - smooth(new)
    assert math.sqrt((error**2).mean()) < 0.15 * scale
    assert (np.abs(error) < 3 * np.hypot(deviation, model.noise) * scale).mean() > 0.95


def test_it_knows_where_it_has_not_been():
    inside = rows(60)
    inside = inside[inside[:, 0] < 0.4]
    targets = np.sin(20 * inside[:, 0])
    _, (near, far) = fit(inside, targets / targets.std(), CHOICES, chance()).predict(
        np.array([inside[0], [1.0, 2, 0.5]])
    )
    assert far > 3 * near


def test_noise_is_told_from_structure():
    points = rows(60)
    noise = np.random.default_rng(1).standard_normal(60)
    quiet, loud = (fit(points, smooth(points) + size * noise, CHOICES, chance()).noise for size in (0.05, 0.5))
    assert loud > 2 * quiet


def test_a_number_that_does_nothing_gets_the_longest_scale():
    points = rows(40)
    kernel = fit(points, np.sin(12 * points[:, 0]), CHOICES, chance())._kernel
    first, second = kernel.lengths[:2]  # coordinates of numbers come first
    assert second > 2 * first


def test_values_of_a_choice_are_equally_far_apart():
    points = rows(30)
    model = fit(points, smooth(points), CHOICES, chance())
    kernel, hot = model._kernel, model._inputs.coordinates(np.array([[0.5, value, 0.5] for value in range(3)]))
    covariance = kernel.covariance(hot, hot)
    apart = covariance[np.triu_indices(3, 1)]
    assert np.allclose(apart, apart[0]) and apart[0] < covariance[0, 0]


def test_points_that_were_evaluated_twice_do_no_harm():
    points = np.repeat(rows(10), 2, axis=0)
    mean, _ = fit(points, smooth(points), CHOICES, chance()).predict(points)
    assert np.isfinite(mean).all()


def test_no_two_fits_are_quite_the_same_unless_their_seeds_are():
    points = rows(20)
    one, same = (fit(points, smooth(points), CHOICES, chance()).predict(points)[0] for _ in range(2))
    other = fit(points, smooth(points), CHOICES, np.random.default_rng(1)).predict(points)[0]
    assert np.array_equal(one, same) and not np.allclose(one, other)


def test_the_walk_ends_where_the_posterior_is_denser_than_where_it_began():
    points = rows(40)
    posterior = Posterior(points, smooth(points), CHOICES)
    ends = [drawn(posterior, np.random.default_rng(seed)) for seed in range(5)]
    assert max(posterior(end)[0] for end in ends) < posterior(posterior.start)[0] - 5


def test_far_from_all_answers_it_expects_their_mean_whatever_that_is():
    points = rows(30)
    points[:, 0] *= 0.1
    far = np.array([[1.0, 2, 0.5]])
    low, high = (fit(points, 0.3 * smooth(points) + shift, CHOICES, chance()).predict(far)[0][0] for shift in (-1, 1))
    assert low < 0 < high

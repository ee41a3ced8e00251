"""The density is one: it integrates to one, and a slow and obvious way gives the same."""

import itertools
import math
import statistics

import numpy as np
import pytest

from netmend.search._kernel_density import SMALLEST_BANDWIDTH, KernelDensity

CHOICES = (0, 3, 0)


@pytest.fixture
def rows():
    rng = np.random.default_rng(0)
    return np.column_stack([rng.random(7), rng.integers(3, size=7), rng.beta(1, 4, size=7)])


def brute_force(rows, bandwidths, at):
    """The mean over all points of the product of their kernels, written out."""

    def kernel(value, centre, width, count):
        if count:
            return 1 - width if value == centre else width / (count - 1)
        normal = statistics.NormalDist(centre, width)
        return normal.pdf(value) / (normal.cdf(1) - normal.cdf(0))

    return statistics.fmean(
        math.prod(kernel(*coordinate) for coordinate in zip(at, row, bandwidths, CHOICES, strict=True)) for row in rows
    )


def test_the_density_is_that_of_the_sum_written_out(rows):
    density = KernelDensity(rows, CHOICES)
    at = np.array([[0.0, 0, 1.0], [0.4, 1, 0.1], [0.9, 2, 0.02], [1.0, 0, 0.0]])
    expected = [brute_force(rows.tolist(), density.bandwidths.tolist(), point) for point in at.tolist()]
    assert np.exp(density.log_density(at)) == pytest.approx(expected)


def test_the_density_integrates_to_one_over_the_box(rows):
    density = KernelDensity(rows, CHOICES)
    middles = (np.arange(200) + 0.5) / 200
    grid = np.array(list(itertools.product(middles, range(3), middles)))
    assert np.exp(density.log_density(grid)).sum() / 200**2 == pytest.approx(1, abs=1e-3)


def test_draws_follow_the_density(rows):
    density = KernelDensity(rows, CHOICES)
    drawn = density.sample(np.random.default_rng(1), 20_000, widen=1.0)
    assert ((drawn[:, [0, 2]] >= 0) & (drawn[:, [0, 2]] <= 1)).all()
    middles = (np.arange(100) + 0.5) / 100
    for choice in range(3):
        below = np.array(list(itertools.product(middles / 2, [choice], middles)))
        mass = np.exp(density.log_density(below)).mean() / 2
        share = np.mean((drawn[:, 1] == choice) & (drawn[:, 0] < 0.5))
        assert share == pytest.approx(mass, abs=0.012)  # over three standard deviations of a share among 20,000


def test_widening_spreads_numbers(rows):
    density = KernelDensity(rows[:1], CHOICES)
    narrow, wide = (density.sample(np.random.default_rng(1), 500, widen=widen)[:, 0].std() for widen in (1.0, 3.0))
    assert wide == pytest.approx(3 * narrow, rel=0.01)


def test_bandwidths_follow_the_normal_reference_rule(rows):
    shrink = 1.06 * 7 ** (-1 / 7)
    bandwidths = KernelDensity(rows, CHOICES).bandwidths
    assert bandwidths[0] == pytest.approx(shrink * statistics.pstdev(rows[:, 0].tolist()))


def test_bandwidths_of_choices_do_not_depend_on_their_order():
    two = KernelDensity(np.array([[0.0], [1.0], [1.0], [1.0]]), (2,)).bandwidths[0]
    assert two == pytest.approx(min(1.06 * 4 ** (-1 / 5) * statistics.pstdev([0, 1, 1, 1]), 1 / 2))
    some = [[0.0], [4.0], [4.0], [4.0], [4.0], [4.0]]
    other = [[2.0], [3.0], [3.0], [3.0], [3.0], [3.0]]
    assert KernelDensity(np.array(some), (5,)).bandwidths == KernelDensity(np.array(other), (5,)).bandwidths


def test_no_bandwidth_is_zero_and_none_prefers_what_was_not_seen():
    agreed = KernelDensity(np.array([[0.3, 1.0, 0.0], [0.3, 1.0, 0.0]]), (0, 4, 1)).bandwidths
    assert agreed.tolist() == [SMALLEST_BANDWIDTH, SMALLEST_BANDWIDTH, 0.0]
    # Two points that differ in each of twenty choices: the rule alone would give 0.51.
    spread = KernelDensity(np.array([[0.0] * 20, [1.0] * 20]), (2,) * 20)
    assert spread.bandwidths.tolist() == [0.5] * 20

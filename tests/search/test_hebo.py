"""HEBO: transformed losses, acquisitions, and the points it asks."""

import math
import statistics
from itertools import pairwise

import numpy as np
import pytest
from scipy.stats import norm, skew

from netmend.core.stats import not_worse
from netmend.search import _gaussian_process as gaussian_process
from netmend.search._base import Dimension, Problem
from netmend.search.hebo import KIND, acquisitions, log_expected_improvement, power_transformed

BRANIN = (Dimension("x", low=-5, high=10), Dimension("y", low=0, high=15))


def branin(point):
    x, y = point["x"], point["y"]
    curve = y - 5.1 / (4 * math.pi**2) * x * x + 5 / math.pi * x - 6
    return curve * curve + 10 * (1 - 1 / (8 * math.pi)) * math.cos(x) + 10


def play(sampler, loss, asks):
    points = []
    for _ in range(asks):
        ask = sampler.ask()
        points.append(dict(ask.point))
        sampler.tell(ask, loss(ask.point))
    return points


@pytest.mark.parametrize("shift", [0.0, -3.0], ids=["positive", "with negative ones"])
def test_transformed_losses_keep_their_order_and_lose_their_skew(shift):
    losses = np.exp(np.random.default_rng(0).normal(size=50)) + shift
    transformed = power_transformed(losses)
    assert np.array_equal(np.argsort(losses), np.argsort(transformed))
    assert transformed.mean() == pytest.approx(0, abs=1e-9) and transformed.std() == pytest.approx(1)
    assert abs(skew(transformed)) < abs(skew(losses)) / 3


@pytest.mark.parametrize("losses", [[1e200, 1.0, 2.0], [-1e200, 1.0, 1e250], [1.0, 1.0 + 1e-12, 1.0], [0.0, 0.0, 1.0]])
def test_losses_beyond_the_reach_of_a_power_are_still_finite_and_in_order(losses):
    transformed = power_transformed(np.array(losses))
    assert np.isfinite(transformed).all()
    assert all(one <= other for _, one, other in _pairs(losses, transformed))


def _pairs(losses, transformed):
    order = sorted(range(len(losses)), key=losses.__getitem__)
    return [(one, transformed[one], transformed[other]) for one, other in pairwise(order)]


def test_the_logarithm_of_the_expected_improvement_is_exact_where_it_can_be_checked_and_falls_on_beyond():
    near = np.linspace(-5, 40, 91)
    assert np.allclose(np.exp(log_expected_improvement(near)), norm.pdf(near) + near * norm.cdf(near), rtol=1e-9)
    far = -np.logspace(0.5, 7, 60)
    values = log_expected_improvement(far)
    assert np.isfinite(values).all() and (np.diff(values) < 0).all()
    assert values[-1] == pytest.approx(-(far[-1] ** 2) / 2, rel=1e-9)


def test_acquisitions_are_those_of_many_draws_from_the_prediction():
    rng = np.random.default_rng(0)
    rows = rng.random((12, 1))
    model = gaussian_process.fit(rows, np.sin(6 * rows[:, 0]), [0], rng)
    best, new = rows[np.argmin(np.sin(6 * rows[:, 0]))], np.array([[0.6], [0.75]])
    mean, deviation = model.predict(new)
    objectives = acquisitions(model, best, 12, np.random.default_rng(1))
    means = np.mean([objectives(new) for _ in range(4000)], axis=0)

    target = model.predict(best[None])[0][0] - 1e-4
    perturbed = mean + math.sqrt(2) * model.noise * rng.standard_normal((4000, 2))
    improvement = deviation * np.exp(log_expected_improvement((target - perturbed) / deviation))
    assert np.allclose(means[:, 1], -np.log(improvement).mean(0), rtol=0.05)
    assert np.allclose(means[:, 2], -norm.logcdf((target - perturbed) / deviation).mean(0), rtol=0.05)
    kappa = (mean - means[:, 0]) / deviation
    assert np.allclose(kappa, math.sqrt(2.5 * math.log(12) + math.log(100 * math.pi**2)), rtol=0.05)


def test_the_design_comes_first_and_fills_the_box():
    sampler = KIND.make(Problem(BRANIN, seed=0))
    points = [sampler.ask().point for _ in range(8)]
    assert len({(point["x"] > 2.5, point["y"] > 7.5) for point in points}) == 4


def test_points_asked_without_new_answers_come_from_one_fit(monkeypatch):
    fits = []
    real = gaussian_process.fit
    monkeypatch.setattr("netmend.search.hebo.fit", lambda *given: fits.append(1) or real(*given))
    sampler = KIND.make(Problem(BRANIN, seed=0))
    play(sampler, branin, 5)
    before = len(fits)
    asks = [sampler.ask() for _ in range(4)]
    assert len(fits) == before + 1 and len({tuple(ask.point.values()) for ask in asks}) == 4
    for ask in asks:
        sampler.tell(ask, branin(ask.point))
    sampler.ask()
    assert len(fits) == before + 2


def test_it_searches_where_others_fail_and_keeps_away_from_where_points_cannot_be_evaluated():
    def half_fails(point):
        return None if point["x"] > 2.5 else branin(point)

    points = play(KIND.make(Problem(BRANIN, seed=0)), half_fails, 25)
    assert sum(point["x"] > 2.5 for point in points[10:]) <= 4


def test_a_small_box_is_searched_through_once():
    box = (Dimension("a", choices=("p", "q", "r")), Dimension("n", low=1, high=3, whole=True))
    sampler = KIND.make(Problem(box, seed=0))
    points = play(sampler, lambda point: point["n"] + (point["a"] == "p"), 9)
    assert len({tuple(point.values()) for point in points}) == 9
    assert sampler.ask() is None


def test_equal_losses_everywhere_do_no_harm():
    assert len(play(KIND.make(Problem(BRANIN, seed=0)), lambda point: 1.0, 6)) == 6


def test_global_random_states_are_left_alone():
    before = np.random.get_state()[1].copy()
    play(KIND.make(Problem(BRANIN, seed=0)), branin, 5)
    assert np.array_equal(np.random.get_state()[1], before)


def test_it_beats_random_search_on_branin():
    rng = np.random.default_rng(0)
    by_chance = [
        min(branin({"x": rng.uniform(-5, 10), "y": rng.uniform(0, 15)}) for _ in range(20)) for _ in range(500)
    ]
    found = [min(map(branin, play(KIND.make(Problem(BRANIN, seed=seed)), branin, 20))) for seed in range(3)]
    assert max(found) < np.median(by_chance) and min(found) < np.quantile(by_chance, 0.1)


HEBO = "needs HEBO 0.3.6 in an environment of its own, see docs/samplers.md"


@pytest.mark.reference
def test_acquisitions_without_noise_are_those_of_the_published_package():
    published = pytest.importorskip("hebo.acquisitions.acq", reason=HEBO)
    import torch

    rng = np.random.default_rng(0)
    places = np.column_stack([rng.normal(size=50), rng.uniform(0.7, 2, size=50)])  # theirs is an approximation far out

    class Known:
        noise = 0.0

        def predict(self, rows):
            return rows[:, 0], rows[:, 1]

    class TheirKnown:
        num_out, noise = 1, torch.zeros(1)

        def predict(self, x, xe):
            return x[:, :1], x[:, 1:] ** 2

    best = np.array([-0.5, 0.3])
    ours = acquisitions(Known(), best, 12, rng)(places)
    kappa = math.sqrt(3 * math.log(12) + math.log(100 * math.pi**2))
    theirs = published.MACE(TheirKnown(), best_y=-0.5, kappa=kappa)
    assert np.allclose(ours, theirs(torch.tensor(places, dtype=torch.float32), None).numpy(), rtol=1e-3, atol=1e-3)


@pytest.mark.reference
@pytest.mark.parametrize("shift", [0.0, -3.0], ids=["positive", "with negative ones"])
def test_transformed_losses_are_those_of_the_published_package(shift):
    pytest.importorskip("hebo", reason=HEBO)
    from sklearn.preprocessing import power_transform

    losses = np.exp(np.random.default_rng(0).normal(size=50)) + shift
    method = "yeo-johnson" if losses.min() <= 0 else "box-cox"
    theirs = power_transform((losses / losses.std())[:, None], method=method)[:, 0]
    assert np.allclose(power_transformed(losses), theirs, atol=1e-3)


@pytest.mark.reference
@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_it_is_not_worse_than_the_published_package_on_branin():
    """The environment is that of docs/samplers.md; the whole comparison is `python -m bench.samplers hebo`."""
    pytest.importorskip("hebo", reason=HEBO)
    comparison = pytest.importorskip("bench.samplers.comparison", reason="needs the root of the repository")
    from bench.samplers.functions import FUNCTIONS
    from bench.samplers.hebo import our_side, reference_side

    function = FUNCTIONS["branin"]
    ours, reference, floor = (
        [comparison.minimise(side, function, seed, 20)[0] for seed in range(8)]
        for side in (our_side, reference_side, comparison.random_side)
    )
    margin = comparison.MARGIN * statistics.median(floor)
    assert not_worse(reference, ours, margin=margin, higher_is_better=False) < 0.05

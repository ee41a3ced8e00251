"""Points come from where good ones are dense, at the largest fidelity that has enough."""

import statistics
from importlib.util import find_spec

import numpy as np
import pytest

from netmend.core.stats import superiority
from netmend.search._base import Ask, Dimension, Problem
from netmend.search.bohb import KIND, Bohb
from netmend.search.random import KIND as RANDOM

BOX = (Dimension("x"), Dimension("kind", choices=("a", "b", "c")))
SHARES = (1 / 9, 1 / 3, 1.0)
ONES = (*(Dimension(f"choice{i}", choices=(0, 1)) for i in range(4)), *(Dimension(f"chance{i}") for i in range(4)))


def answered(losses_by_fidelity, box=BOX):
    """A sampler that knows the losses of evenly spread points."""
    sampler = Bohb(Problem(box, seed=0, fidelities=SHARES))
    for fidelity, losses in losses_by_fidelity.items():
        for number, loss in enumerate(losses):
            point = {"x": number / len(losses), "kind": "abc"[number % 3]}
            sampler.tell(Ask(1000 + number, point, fidelity), loss)
    return sampler


def counting_ones(make, seed, fidelities, work=50):
    """The largest expected count met in so much work; counts of draws are seen (Falkner et al., section 5.1)."""
    sampler, draws, best = make(Problem(ONES, seed, fidelities=fidelities)), np.random.default_rng(seed), 0.0
    while work > 0:
        ask = sampler.ask()
        values = [float(value) for value in ask.point.values()]
        count = round(81 * ask.fidelity)
        seen = sum(values[:4]) + sum(draws.binomial(count, chance) / count for chance in values[4:])
        sampler.tell(ask, -seen)
        work -= ask.fidelity
        best = max(best, sum(values))
    return best


@pytest.mark.parametrize("fidelities", [(1.0,), SHARES], ids=["plain", "brackets"])
def test_it_counts_more_ones_than_even_draws(fidelities):
    ours = [counting_ones(KIND.make, seed, fidelities) for seed in range(12)]
    even = [counting_ones(RANDOM.make, seed, fidelities) for seed in range(12)]
    assert superiority(even, ours, higher_is_better=True).p < 0.01


def test_the_model_is_of_the_largest_fidelity_with_enough_answers():
    losses = [float(i) for i in range(20)]
    best, rest = answered({1 / 9: losses, 1 / 3: losses[:5], 1.0: losses[:4]})._parted()
    assert len(best) == 3 and len(rest) == 3  # of the five at a third; four are too few for two dimensions
    best, rest = answered({1 / 9: losses, 1 / 3: losses[:4]})._parted()
    assert len(best) == 3 and len(rest) == 17


def test_too_few_answers_are_no_model():
    assert len(answered({1.0: [0.0, 1.0, 2.0, 3.0]})._parted()[0]) == 0


def test_the_best_fifteen_percent_are_the_best():
    losses = list(range(40))
    np.random.default_rng(3).shuffle(losses)
    best, rest = answered({1.0: losses})._parted()
    places = [number / 40 for number in sorted(range(40), key=losses.__getitem__)]
    assert best[:, 0].tolist() == places[:6] and rest[:, 0].tolist() == places[6:]


def test_points_that_failed_are_among_the_rest_and_never_among_the_best():
    best, rest = answered({1.0: [3.0, None, 1.0, float("nan"), 2.0]})._parted()
    assert sorted(best[:, 0].tolist()) == [0.0, 0.4, 0.8]
    assert {0.2, 0.6} < {round(place, 1) for place in rest[:, 0].tolist()}
    assert len(answered({1.0: [None] * 20 + [1.0, 2.0]})._parted()[0]) == 0


def test_the_model_draws_near_the_best_points():
    sampler = answered({1.0: [abs(number / 40 - 0.7) + (number % 3 != 1) for number in range(40)]})
    rows = [sampler._from_model() for _ in range(20)]
    assert statistics.fmean(abs(row[0] - 0.7) for row in rows) < 0.15  # even draws: 0.29
    assert sum(row[1] == 1 for row in rows) > 15


def test_a_point_is_not_drawn_from_the_model_again():
    box = (Dimension("kind", choices=("a", "b", "c")),)
    sampler = Bohb(Problem(box, seed=0))
    for _ in range(40):
        ask = sampler.ask()
        sampler.tell(ask, float("abc".index(ask.point["kind"])))
    assert len(sampler._parted()[0]) and sampler._from_model() is None


@pytest.mark.reference
@pytest.mark.timeout(900)
@pytest.mark.parametrize("name", ["training", "wide", "curves"])
def test_regret_is_not_shown_to_be_worse_than_hpbandster(name):
    if find_spec("hpbandster") is None:
        pytest.skip("needs hpbandster 0.7.4 in an environment of its own: docs/samplers.md")
    from bench.samplers.functions import FUNCTIONS
    from bench.samplers.hpbandster_side import Hpbandster
    from bench.samplers.staged import STAGED, WHOLE, search

    function = STAGED.get(name) or FUNCTIONS[name]
    work = getattr(function, "budget", WHOLE)
    ours, theirs = ([search(side, function, seed, work)[0] for seed in range(20)] for side in (Bohb, Hpbandster))
    assert superiority(ours, theirs, higher_is_better=False).p > 0.01


@pytest.mark.reference
def test_bandwidths_of_numbers_and_of_two_choices_are_those_of_statsmodels():
    if find_spec("statsmodels") is None:
        pytest.skip("needs statsmodels, which comes with hpbandster 0.7.4: docs/samplers.md")
    from statsmodels.nonparametric.api import KDEMultivariate

    from netmend.search._kernel_density import KernelDensity

    rng = np.random.default_rng(0)
    rows = np.column_stack([rng.random((40, 2)), rng.integers(2, size=40)])
    theirs = KDEMultivariate(rows, var_type="ccu", bw="normal_reference").bw
    assert KernelDensity(rows, (0, 0, 2)).bandwidths == pytest.approx(theirs)

import json

import pytest

from bench.weights import tables
from bench.weights.prediction import predictions


def looks(settings):
    """Rows of analyses: (size, seed) to named numbers."""
    return [
        {"subject": "net", "fault": "fog", "size": str(size), "seed": str(seed), "numbers": json.dumps(numbers)}
        for (size, seed), numbers in settings.items()
    ]


@pytest.fixture
def found(row):
    """Drawdown is the size and, within a size, the seed; one number is the size alone, one falls with the seed."""
    settings = [(size, seed) for size in (10, 50) for seed in range(8)]
    repairs = [
        row(layer, size / 1000 + seed / 100, size=size, seed=seed, relative=0.1, generalisation=0.3)
        for size, seed in settings
        for layer in range(3)
    ]
    numbers = {(size, seed): {"size": float(size), "opposite": size - 10.0 * seed} for size, seed in settings}
    return predictions(repairs, looks(numbers))


def test_a_number_that_is_but_the_size_says_nothing_within_a_size(found):
    (only,) = (one for one in found if one.name == "size" and one.outcome == "drawdown")
    assert only.settings == 16 and only.overall > 0.4 and only.within != only.within


def test_a_number_that_orders_the_sets_of_each_size_is_found_whatever_it_does_between_sizes(found):
    (only,) = (one for one in found if one.name == "opposite" and one.outcome == "drawdown")
    assert only.within == pytest.approx(-1) and only.p < 0.001 and only.overall > -0.9
    assert "| opposite | 16 | " in tables.predictors(found) and "(-1.00*)" in tables.predictors(found)


def test_what_never_changes_is_predicted_by_nothing(found):
    assert all(one.overall != one.overall for one in found if one.outcome == "success")


def test_too_few_settings_and_incomplete_sweeps_say_nothing(row):
    numbers = {(10, seed): {"a": float(seed)} for seed in range(9)}
    few = [row(layer, 0.1 * seed, seed=seed, relative=1) for seed in range(5) for layer in range(3)]
    assert predictions(few, looks(numbers)) == []
    assert predictions([row(0, 0.1 * seed, seed=seed, relative=1) for seed in range(9)], looks(numbers)) == []

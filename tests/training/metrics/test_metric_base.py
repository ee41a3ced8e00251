"""What every metric must satisfy, and how a metric is found by name."""

import numpy as np
import pytest

from netmend.core.discover import contributions
from netmend.core.errors import UsageError
from netmend.training.metrics._base import Metric, all_metrics, find_metric, metric_named


@pytest.mark.parametrize("name", list(all_metrics()))
def test_flawless_answers_score_the_perfect_value_within_the_bounds(name):
    metric = metric_named(name)
    truth = np.array([0, 1, 2, 1, 0])
    assert metric.compute(truth, truth) == metric.perfect
    assert metric.lower <= metric.compute(truth, truth[::-1] + 1) <= metric.upper


def test_a_metric_is_named_as_its_file():
    found = contributions("netmend.training.metrics", Metric)
    assert {name: item.value.name for name, item in found.items()} == {name: name for name in found}
    assert len(found) == 7


def test_no_two_metrics_share_a_name_or_alias():
    names = [name for metric in all_metrics().values() for name in (metric.name, *metric.aliases)]
    assert len(names) == len(set(names))


@pytest.mark.parametrize(
    ("written", "name"),
    [
        ("acc", "accuracy"),
        ("mae", "mean-absolute-error"),
        ("MSE", "mean-squared-error"),
        ("rmse", "root-mean-squared-error"),
        ("balanced_accuracy", "balanced-accuracy"),
        ("R2", "r2"),
    ],
)
def test_aliases_and_other_spellings_are_understood(written, name):
    assert metric_named(written).name == name


def test_an_unknown_metric_is_refused_with_the_known_ones():
    assert find_metric("acuracy") is None
    with pytest.raises(UsageError, match="'acuracy'") as raised:
        metric_named("acuracy")
    assert all(name in str(raised.value) for name in all_metrics())


def test_the_smallest_gain_of_an_error_is_a_share_of_the_error_before():
    assert metric_named("mae").smallest_gain_from(40.0) == pytest.approx(2.0)
    assert metric_named("accuracy").smallest_gain_from(0.2) == pytest.approx(0.01)


def test_a_falling_error_and_a_rising_accuracy_are_both_gains():
    assert metric_named("mae").gain(3.0, 2.0) == 1.0
    assert metric_named("accuracy").gain(0.5, 0.25) == -0.25

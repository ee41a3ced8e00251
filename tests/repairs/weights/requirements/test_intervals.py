"""Intervals of regression outputs."""

import numpy as np
import pytest

from netmend.core.errors import UsageError
from netmend.repairs.weights.requirements.intervals import Intervals, checked_intervals

INTERVALS = Intervals(np.array([[0.0, -np.inf], [1.0, 1.0]]), np.array([[1.0, 2.0], [2.0, 2.0]]))
OUTPUTS = np.array([[0.25, 5.0], [1.5, 1.5]])


def test_slack_is_the_distance_to_the_nearest_end():
    assert INTERVALS.slack(OUTPUTS).tolist() == [-3.0, 0.5]
    assert INTERVALS.slack(OUTPUTS, np.full((2, 2), 0.25)).tolist() == [-3.25, 0.25]


def test_a_row_points_back_into_the_interval():
    (row,) = INTERVALS.violated(OUTPUTS, 3, np.zeros(2))
    assert (row.point, row.outputs, row.weights, row.bound) == (0, (1,), (-1.0,), -2.0)
    (low,) = INTERVALS.violated(np.array([[-1.0, 0.0], [1.5, 1.5]]), 3, np.zeros(2))
    assert (low.outputs, low.weights, low.bound) == ((0,), (1.0,), 0.0)


def test_intervals_agree_if_they_meet():
    assert INTERVALS.agrees(0, 1)
    apart = Intervals(np.array([[0.0], [2.0]]), np.array([[1.0], [3.0]]))
    assert not apart.agrees(0, 1)


@pytest.mark.parametrize(
    ("low", "high", "said"),
    [
        (np.zeros((2, 3)), np.ones((2, 2)), "must have the shape (2, 2)"),
        (np.full((2, 2), np.nan), np.ones((2, 2)), "must hold numbers"),
        (np.ones((2, 2)), np.array([[1.0, 1.0], [0.0, 1.0]]), "above high at point 1"),
    ],
)
def test_intervals_that_are_none_are_refused(low, high, said):
    with pytest.raises(UsageError) as raised:
        checked_intervals(low, high, 2, 2, where="x.npz")
    assert said in str(raised.value)

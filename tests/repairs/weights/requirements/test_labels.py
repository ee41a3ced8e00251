"""Labels: slack, rows and errors against loops over classes."""

from fractions import Fraction

import numpy as np
import pytest

from netmend.core.errors import UsageError
from netmend.repairs.weights.requirements.labels import Labels, checked_labels

OUTPUTS = np.random.default_rng(0).normal(size=(5, 4))
LABELS = Labels(np.array([0, 1, 2, 3, 0]), 0.5)


def by_hand(outputs, labels, rectified):
    least = []
    for row, label in zip(outputs, labels, strict=True):
        gaps = [row[label] - other for at, other in enumerate(row) if at != label]
        least.append(min(gaps + ([row[label]] if rectified else [])))
    return np.array(least)


@pytest.mark.parametrize("rectified", [False, True])
def test_slack_is_the_distance_to_the_nearest_rival(rectified):
    labels = Labels(LABELS.labels, 0.5, rectified)
    assert np.allclose(labels.slack(OUTPUTS), by_hand(OUTPUTS, LABELS.labels, rectified))


def test_after_a_relu_the_class_wins_by_the_margin_exactly_where_the_rows_hold():
    values = np.random.default_rng(1).normal(size=(500, 4))
    labels = np.random.default_rng(2).integers(0, 4, 500)
    shown = np.maximum(values, 0)
    wins = by_hand(shown, labels, False) >= 0.1
    assert np.array_equal(Labels(labels, 0.1, rectified=True).slack(values) >= 0.1, wins) and wins.any()


def test_an_error_takes_away_what_it_could_cost():
    error = np.full_like(OUTPUTS, 0.25)
    assert np.allclose(LABELS.slack(OUTPUTS, error), LABELS.slack(OUTPUTS) - 0.5)


def test_rows_below_the_target_are_named_worst_first_and_no_more_than_asked_for():
    target = np.full(5, 10.0)
    rows = LABELS.violated(OUTPUTS, 2, target)
    assert len(rows) == 10
    values = [sum(w * OUTPUTS[row.point, o] for o, w in zip(row.outputs, row.weights, strict=True)) for row in rows]
    assert np.allclose(values[::2], LABELS.slack(OUTPUTS)) and values[0] <= values[1]
    assert LABELS.violated(OUTPUTS, 2, np.full(5, -10.0)) == []


def test_a_single_output_is_a_binary_classifier():
    labels = Labels(np.array([1, 0]))
    assert np.allclose(labels.slack(np.array([[2.0], [3.0]])), [2.0, -3.0])
    assert labels.violated(np.array([[2.0], [3.0]]), 1, np.zeros(2))[0].weights == (-1.0,)


def test_fractions_stay_exact():
    outputs = np.array([[Fraction(1, 3), Fraction(1, 7)]], dtype=object)
    assert Labels(np.array([0])).slack(outputs)[0] == Fraction(4, 21)


@pytest.mark.parametrize(
    ("labels", "said"),
    [
        (np.array([0, 1, 7, -1]), "7 at point 2, -1 at point 3"),
        (np.array([0, 1, 2]), "the shape (3,)"),
        (np.array([0.5, 1, 2, 0]), "float64"),
        (np.array(["a", "b", "c", "d"]), "<U1"),
        (np.array([0, np.nan, 2, 0]), "float64"),
    ],
)
def test_labels_that_are_none_are_refused_by_name(labels, said):
    with pytest.raises(UsageError) as raised:
        checked_labels(labels, 4, 3, where="x.npz")
    assert said in str(raised.value)


@pytest.mark.parametrize(
    ("labels", "hint"),
    [
        (np.array([0.5, 1.25, 2.0, 0.0]), "low and high"),
        (np.array([[0.5, 1.0], [1.0, 2.0], [0.0, 0.25], [1.0, 1.0]]), "low and high"),
        (np.eye(4), "not one-hot rows"),
        (np.eye(4, dtype=int), "not one-hot rows"),
    ],
)
def test_numbers_in_place_of_classes_are_to_be_given_as_intervals(labels, hint):
    with pytest.raises(UsageError) as raised:
        checked_labels(labels, 4, 3, where="x.npz")
    assert hint in raised.value.hint


def test_whole_numbers_in_floats_are_labels():
    assert checked_labels(np.array([[0.0], [2.0]]), 2, 3, where="").tolist() == [0, 2]

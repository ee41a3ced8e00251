import numpy as np
import pytest

from netmend.core.errors import UsageError
from netmend.repairs.conversion.distance import NONE
from netmend.repairs.conversion.requirement._base import Answers
from netmend.repairs.conversion.requirement.labels import Labels

RIGHT = np.array([[3.0, 1.0, 2.0], [0.0, 5.0, 4.0], [1.0, 1.0 + 1e-9, 0.0], [2.0, 0.0, 1.0]])


def answers(got, right=RIGHT):
    rows = tuple(map(str, range(len(right))))
    return Answers({"y": right}, {"y": got}, {"y": 1e-6}, {"y": NONE}, rows)


def test_scores_may_move_as_long_as_the_highest_class_stays():
    assert Labels().assess(answers(RIGHT * 2 + 1)).holds


def test_another_highest_class_does_not_agree():
    got = RIGHT.copy()
    got[1] = [9, 5, 4]
    found = Labels().assess(answers(got))
    np.testing.assert_array_equal(found.agrees, [True, False, True, True])
    assert not found.holds and found.score == pytest.approx(-0.25)


def test_a_tie_of_the_source_s_own_scores_is_none():
    got = RIGHT.copy()
    got[2] = [1.1, 1.0, 0.0]
    found = Labels().assess(answers(got))
    assert found.holds and found.ties == 1 and "ties" in found.sentence


def test_the_k_highest_are_compared_in_order():
    got = RIGHT.copy()
    got[0] = [3.0, 2.0, 1.0]
    assert Labels(1).assess(answers(got)).holds
    assert not Labels(2).assess(answers(got)).holds


def test_a_share_of_the_rows_may_be_enough():
    got = RIGHT.copy()
    got[1] = [9, 5, 4]
    assert Labels(1, 0.75).assess(answers(got)).holds
    assert not Labels(1, 0.8).assess(answers(got)).holds


def test_nan_agrees_with_nothing():
    got = RIGHT.copy()
    got[0, 0] = np.nan
    assert not Labels().assess(answers(got)).agrees[0]


def test_classes_may_lie_along_any_one_axis():
    assert Labels().assess(answers(RIGHT.reshape(4, 3, 1, 1), RIGHT.reshape(4, 3, 1, 1))).holds


def test_outputs_without_classes_are_refused():
    with pytest.raises(UsageError, match="no classes"):
        Labels().assess(answers(np.zeros((4, 3, 2)), np.zeros((4, 3, 2))))
    with pytest.raises(UsageError, match="3 classes, not 5"):
        Labels(5).assess(answers(RIGHT))

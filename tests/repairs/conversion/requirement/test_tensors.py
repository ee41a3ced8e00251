import numpy as np
import pytest

from netmend.repairs.conversion.distance import NONE, Distance
from netmend.repairs.conversion.requirement._base import Answers
from netmend.repairs.conversion.requirement.tensors import Tensors

RIGHT = np.random.default_rng(0).standard_normal((4, 3))


def answers(got, rounding=1e-6, coarse=NONE):
    return Answers({"y": RIGHT}, {"y": got}, {"y": rounding}, {"y": coarse}, ("a", "b", "c", "d"))


def test_numbers_within_rounding_agree():
    found = Tensors().assess(answers(RIGHT + 5e-7))
    assert found.holds and found.agrees.all() and found.score == 0


def test_a_row_beyond_rounding_does_not_agree_and_the_score_says_by_how_much():
    got = RIGHT.copy()
    got[2, 1] += 1e-3
    found = Tensors().assess(answers(got))
    np.testing.assert_array_equal(found.agrees, [True, True, False, True])
    assert not found.holds and found.score == pytest.approx(-3 / 4)


def test_a_stated_tolerance_takes_the_place_of_rounding():
    assert Tensors(1e-2).assess(answers(RIGHT + 5e-3)).holds
    assert not Tensors(1e-9).assess(answers(RIGHT + 5e-7)).holds


def test_another_shape_agrees_nowhere():
    found = Tensors().assess(answers(RIGHT[:, :2]))
    assert not found.agrees.any() and np.isinf(found.errors).all()


def test_what_coarse_storage_explains_agrees_and_more_over_all_does_not():
    coarse = Distance(0.5, 0.01)
    once = RIGHT.copy()
    once[0, 0] += 0.02
    assert Tensors().assess(answers(once, coarse=coarse)).holds
    everywhere = Tensors().assess(answers(RIGHT + 0.05, coarse=coarse))
    assert everywhere.agrees.all() and not everywhere.holds and "5 times" in everywhere.sentence

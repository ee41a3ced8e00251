"""Numbers in limbs behave as the rational numbers they stand for."""

from fractions import Fraction
from math import floor

import numpy as np
import pytest

from netmend.core.errors import NoErrorBound
from netmend.network.limbs import WHOLE, Point

torch = pytest.importorskip("torch")
pytestmark = pytest.mark.torch

POINT = Point.of(60, 8)
NUMBERS = torch.tensor(
    [0.0, 1.0, -1.0, 0.1, -0.1, 1e-9, -1e-9, 12345.678, -98765.4321, 2.0**-60, -(2.0**40) + 0.5]
).double()


def read(limbs, point=POINT):
    rows = limbs.reshape(len(limbs), -1).T.tolist()
    return [
        sum(Fraction(part) * Fraction(2) ** (point.width * (k - point.below)) for k, part in enumerate(row))
        for row in rows
    ]


def exact(numbers):
    return [Fraction(each) for each in numbers.flatten().tolist()]


def test_numbers_are_held_to_the_last_unit():
    limbs, rest = POINT.limbs(NUMBERS)
    assert len(limbs) == POINT.below + WHOLE
    assert [held + left for held, left in zip(read(limbs), exact(rest), strict=True)] == exact(NUMBERS)
    assert all(abs(left) < POINT.unit for left in exact(rest))
    assert (limbs.abs() <= 2.0 ** (POINT.width - 1)).all()


def test_the_highest_limb_that_is_not_zero_has_the_sign():
    columns = POINT.limbs(NUMBERS)[0].T.tolist()
    signs = [next((part for part in reversed(column) if part), 0.0) for column in columns]
    assert np.array_equal(np.sign(signs), np.sign(NUMBERS.numpy()))


def test_float64_numbers_come_back():
    limbs, _ = POINT.limbs(NUMBERS)
    back = exact(POINT.rounded(limbs))
    assert all(abs(one - held) <= abs(held) * Fraction(2) ** -51 for one, held in zip(back, read(limbs), strict=True))


def test_fractions_are_cut_off_downwards():
    values = [Fraction(1, 3), Fraction(-2, 7), Fraction(10**6 + 1, 9)]
    for value, held in zip(values, read(POINT.of_fractions(values)), strict=True):
        assert 0 <= value - held < POINT.unit


def test_sums_carry():
    limbs, _ = POINT.limbs(NUMBERS)
    total = POINT.carried(limbs + limbs + limbs)
    assert read(total) == [3 * each for each in read(limbs)]
    assert read(POINT.carried(-limbs)) == [-each for each in read(limbs)]


def test_comparison_is_that_of_the_numbers():
    limbs, _ = POINT.limbs(NUMBERS)
    held = read(limbs)
    for place, other in enumerate(held):
        answer = POINT.at_least(limbs, limbs[:, place : place + 1].expand_as(limbs))
        assert answer.tolist() == [each >= other for each in held]


def test_products_of_matrices_are_exact_up_to_the_cut():
    random = np.random.default_rng(0)
    rows, factor = (torch.from_numpy(random.normal(size=shape)) for shape in ((5, 8), (8, 3)))
    factor[0, 0], factor[1, 0] = 1e-12, -1e5
    limbs, _ = POINT.limbs(rows)
    answer = read(POINT.times(limbs, factor, torch.matmul))
    left, right = np.array(read(limbs), object).reshape(5, 8), np.array(exact(factor), object).reshape(8, 3)
    for held, true in zip(answer, (left @ right).ravel(), strict=True):
        assert abs(true - held) < POINT.unit


@pytest.mark.parametrize("count", [1, 3, 49, 12321])
def test_quotients_are_those_of_long_division(count):
    limbs, _ = POINT.limbs(NUMBERS)
    units = [floor(each / Fraction(POINT.unit) / count) for each in read(limbs)]
    assert read(POINT.divided(limbs, count)) == [each * Fraction(POINT.unit) for each in units]


def test_what_does_not_fit_is_refused():
    with pytest.raises(NoErrorBound, match="too large"):
        POINT.limbs(torch.tensor([1e30]).double())
    limbs, _ = POINT.limbs(torch.ones(1, 8).double())
    with pytest.raises(NoErrorBound, match="too far apart"):
        POINT.times(limbs, torch.full((8, 1), 1e30).double(), torch.matmul)
    spread = torch.tensor([[2.0 ** (-80 * place)] for place in range(8)], dtype=torch.float64)
    with pytest.raises(NoErrorBound, match="too far apart"):
        POINT.times(limbs, spread / 3, torch.matmul)


def test_a_sum_that_is_as_long_as_promised_is_still_exact():
    point = Point.of(60, 5000)
    largest = 2.0**point.width - 1
    limbs = torch.full((point.below + WHOLE, 1, 5000), largest).double()
    limbs[point.below :] = 0
    answer = read(point.times(limbs, torch.full((5000, 1), largest).double(), torch.matmul), point)
    assert answer[0] == 5000 * Fraction(largest) * read(limbs, point)[0]

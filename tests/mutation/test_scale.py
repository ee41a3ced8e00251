import math

import pytest

from netmend.mutation.scale import Scale, bisect


def search(scale, threshold):
    """Everything tried where a value is killed as soon as it is as far from the original as the threshold."""
    calls = []

    def is_killed(value):
        calls.append(value)
        return abs(value - scale.original) >= abs(threshold - scale.original)

    path = list(bisect(scale, is_killed))
    assert [value for value, _ in path] == calls, "nothing is asked twice or in vain"
    return path


@pytest.mark.parametrize("threshold", [0.5, 3, 7.7, 33.3, 50, 84, 99.5])
def test_a_percentage_is_found_to_five_points(threshold):
    path = search(Scale(0, 100, 5), threshold)
    assert path[0] == (100, True)
    mildest = [value for value, killed in path if killed][-1]
    assert threshold <= mildest <= threshold + 5
    assert len(path) <= 1 + math.ceil(math.log2(100 / 5))


@pytest.mark.parametrize("threshold", range(1, 49))
def test_a_number_of_epochs_is_found_exactly(threshold):
    mildest = [value for value, killed in search(Scale(50, 1, 1, whole=True), threshold) if killed][-1]
    assert mildest == threshold
    assert isinstance(mildest, int)


@pytest.mark.parametrize("threshold", [0.0101, 0.02, 0.3, 0.9])
def test_a_rate_is_found_up_to_a_factor(threshold):
    mildest = [value for value, killed in search(Scale(1.0, 0.001, 2.0, log=True), threshold) if killed][-1]
    assert threshold / 2.02 <= mildest <= threshold  # three digits are kept


def test_nothing_is_bisected_if_the_extreme_survives():
    assert list(bisect(Scale(0, 100, 5), lambda value: False)) == [(100, False)]


def test_an_interval_that_is_narrow_enough_is_not_bisected():
    assert list(bisect(Scale(2, 1, 1, whole=True), lambda value: True)) == [(1, True)]


def test_the_ladder_goes_from_the_extreme_towards_the_original_without_reaching_it():
    assert Scale(0, 100, 5).ladder() == (100, 75, 50, 25)
    assert Scale(2, 1, 1, whole=True).ladder() == (1,)
    assert Scale(1.0, 0.0001, 2, log=True).ladder() == (0.0001, 0.001, 0.01, 0.1)

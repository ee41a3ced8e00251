import numpy as np
import pytest

from netmend.repairs.conversion.distance import ENDLESS, NONE, Distance, differences, distance, rms, size


def test_the_distance_is_the_largest_and_the_typical_difference():
    assert distance(np.array([1.0, 5.0, 7.0, 9.0]), np.array([1.0, 2.0, 4.0, 6.0])) == Distance(3.0, 3 * 0.75**0.5)


def test_other_shapes_are_endlessly_far_apart():
    assert distance(np.zeros((2, 3)), np.zeros((3, 2))) == ENDLESS


def test_the_same_infinity_is_no_difference_and_a_lone_nan_is_an_endless_one():
    got = np.array([-np.inf, np.nan, np.nan, np.inf])
    right = np.array([-np.inf, np.nan, 1.0, -np.inf])
    np.testing.assert_array_equal(differences(got, right), [0, 0, np.inf, np.inf])


def test_empty_arrays_are_the_same():
    assert distance(np.zeros((0, 3)), np.zeros((0, 3))) == NONE


def test_the_root_mean_square_survives_huge_numbers():
    assert rms(np.array([3e200, 4e200])) == pytest.approx(np.sqrt(12.5) * 1e200)


def test_the_root_mean_square_leaves_out_what_is_no_number_but_nothing_endless():
    assert rms(np.array([3.0, np.nan, -4.0])) == pytest.approx(12.5**0.5)
    assert rms(np.array([np.nan, -np.inf])) == np.inf
    assert rms(np.array([np.nan])) == rms(np.zeros(2)) == 0


def test_endless_entries_do_not_count_for_the_size():
    assert size(np.array([-np.inf, 2.0])) == Distance(2.0, 2.0)


def test_distances_are_added_scaled_and_compared():
    one = Distance(1.0, 0.5)
    assert one.plus(one) == one.times(2) == one.scaled(Distance(2, 2)) == Distance(2.0, 1.0)
    assert one.worse(Distance(0.1, 3.0)) == Distance(1.0, 3.0)
    assert one.within(Distance(1.0, 0.5)) and not one.within(Distance(2.0, 0.4))


def test_how_many_times_what_is_allowed_is_said_by_the_worse_of_largest_and_typical():
    assert Distance(1.0, 3.0).times_of(Distance(2.0, 1.0)) == 3 and Distance(8.0, 1.0).times_of(Distance(2.0, 1.0)) == 4
    assert NONE.times_of(NONE) == 0 and Distance(1.0, 0.0).times_of(NONE) == np.inf

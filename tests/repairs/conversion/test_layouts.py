import numpy as np
import pytest

from netmend.repairs.conversion.layouts import growing, layouts, same_numbers

VALUE = np.random.default_rng(0).standard_normal((2, 3, 4, 5))


@pytest.mark.parametrize("order", [(0, 1, 2, 3), (0, 2, 3, 1), (0, 3, 1, 2), (1, 0, 3, 2)])
def test_any_order_of_axes_is_found(order):
    found, error = same_numbers("t", VALUE.transpose(order), "s", VALUE, 2, 1e-9)
    assert error == 0
    np.testing.assert_array_equal(found.to_target(VALUE), VALUE.transpose(order))


def test_a_flattened_tensor_is_found_in_the_order_in_which_it_was_flattened():
    flat = VALUE.transpose(0, 2, 3, 1).reshape(2, -1)
    found, _ = same_numbers("t", flat, "s", VALUE, 2, 1e-9)
    assert (found.layout, found.shape) == ((0, 2, 3, 1), (-1, 60))


def test_an_axis_of_length_one_may_stand_anywhere():
    value = VALUE[:, :, 0]
    found, _ = same_numbers("t", value.transpose(0, 2, 1)[:, None], "s", value, 2, 1e-9)
    np.testing.assert_array_equal(found.to_target(value), value.transpose(0, 2, 1)[:, None])


def test_equal_lengths_are_told_apart_by_the_numbers():
    value = np.random.default_rng(1).standard_normal((2, 4, 4, 4))
    found, _ = same_numbers("t", value.transpose(0, 3, 2, 1), "s", value, 2, 1e-9)
    assert found.layout == (0, 3, 2, 1)


def test_other_numbers_are_not_found_whatever_their_order():
    assert same_numbers("t", VALUE + 1e-3, "s", VALUE, 2, 1e-6) is None


def test_other_counts_have_no_layout():
    assert list(layouts((2, 3), (2, 4), 2)) == []


def test_the_axis_that_grows_is_the_first_that_is_a_multiple_of_the_rows():
    assert growing((6, 5), 2) == (-1, 5)
    assert growing((3, 2, 5), 2) == (3, -1, 5)
    assert growing((3, 5), 2) == (3, 5)


def test_what_is_nearly_the_same_for_all_inputs_is_not_recognised_by_it():
    chance = np.random.default_rng(0)
    constant, varying = chance.normal(size=(1, 6, 20)), chance.normal(size=(5, 6, 20))
    off = chance.normal(size=(5, 6, 20)) * 0.02
    dull = constant + 0.02 * varying
    # Three hundredths of its size are as much as it varies; of what varies as much as it is large they are little.
    assert same_numbers("t", dull + off, "s", dull, 5, 0.05) is None
    assert same_numbers("t", varying + off, "s", varying, 5, 0.05) is not None


def test_whole_numbers_are_the_same_only_where_they_are_exactly_so_or_one_off():
    value = np.arange(10**12, 10**12 + 40).reshape(4, 10)
    assert same_numbers("t", value + 1, "s", value, 4, 1e-4) is not None
    assert same_numbers("t", value + 2, "s", value, 4, 1e-4) is None
    assert same_numbers("t", value + 2.0, "s", value + 0.0, 4, 1e-4) is not None

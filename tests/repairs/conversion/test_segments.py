import numpy as np
import pytest

from netmend.repairs.conversion.segments import Correspondence

VALUE = np.arange(2 * 3 * 4 * 5).reshape(2, 3, 4, 5)


@pytest.mark.parametrize(
    ("layout", "shape"), [(None, None), ((0, 2, 3, 1), None), (None, (-1, 60)), ((0, 2, 3, 1), (-1, 60))]
)
def test_a_value_goes_there_and_back(layout, shape):
    same = Correspondence("t", "s", layout, shape, (-1, 3, 4, 5))
    there = same.to_target(VALUE)
    np.testing.assert_array_equal(same.to_source(there), VALUE)


def test_the_target_holds_the_source_turned_and_then_reshaped():
    there = Correspondence("t", "s", (0, 2, 3, 1), (-1, 60), (-1, 3, 4, 5)).to_target(VALUE)
    assert there[1, (2 * 5 + 4) * 3 + 1] == VALUE[1, 1, 2, 4]


def test_another_number_of_rows_goes_there_and_back():
    same = Correspondence("t", "s", (0, 2, 3, 1), (-1, 60), (-1, 3, 4, 5))
    np.testing.assert_array_equal(same.to_source(same.to_target(VALUE[:1])), VALUE[:1])


@pytest.mark.parametrize(
    ("same", "by_row"),
    [
        (Correspondence("t", "s"), True),
        (Correspondence("t", "s", (0, 2, 1)), True),
        (Correspondence("t", "s", (1, 0, 2)), False),
        (Correspondence("t", "s", None, (-1, 60), (-1, 3, 4, 5)), True),
        (Correspondence("t", "s", None, (7, -1, 14), (7, -1, 2, 7)), False),
        (Correspondence("t", "s", None, (7, -1, 14), (-1, 7, 2, 7)), False),
    ],
)
def test_rows_are_separate_where_the_batch_comes_first_on_both_sides(same, by_row):
    assert same.row_by_row == by_row

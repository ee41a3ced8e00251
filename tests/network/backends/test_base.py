import numpy as np
import pytest

from netmend.network.backends._base import MOST_ROWS, NUMBERS_AT_ONCE, rows_at_once


@pytest.mark.parametrize(
    ("shapes", "most"),
    [
        ([(3, 784)], MOST_ROWS),
        ([(3, 3, 224, 224)], 6),
        ([(3, 3, 224, 224), (3, 3, 224, 224)], 3),
        ([(3, 2 * NUMBERS_AT_ONCE)], 1),
        ([(3,)], MOST_ROWS),
        ([(3, 0)], MOST_ROWS),
    ],
)
def test_fewer_rows_are_run_at_once_where_each_holds_many_numbers(shapes, most):
    assert rows_at_once(np.broadcast_to(np.float32(0), shape) for shape in shapes) == most

import numpy as np
import pytest

from bench.weights.subjects._base import TooFew, drawn, labelled, wrong


def test_a_larger_repair_set_of_a_seed_holds_the_smaller_one():
    pool = np.arange(100, 200)
    small, large = drawn(pool, 10, 3), drawn(pool, 50, 3)
    assert np.array_equal(small, large[:10]) and len(set(large)) == 50 and large.min() >= 100
    assert not np.array_equal(drawn(pool, 10, 4), small)


def test_a_pool_that_is_too_small_is_said():
    with pytest.raises(TooFew, match="5 points are asked for and the pool has 4"):
        drawn(np.arange(4), 5, 0)


def test_right_and_wrong_are_by_the_largest_output():
    outputs, labels = np.array([[1.0, 2.0], [3.0, 0.0]]), np.array([1, 1])
    assert labelled(outputs, labels).right(outputs).tolist() == [True, False]
    assert wrong(outputs, labels).tolist() == [1]

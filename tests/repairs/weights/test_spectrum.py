"""Singular values and effective rank."""

import numpy as np
import pytest

from netmend.repairs.weights.spectrum import effective_rank, singular_values


def test_singular_values_are_roots_of_the_scatter():
    points = np.random.default_rng(0).normal(size=(9, 4)) + 50
    scatter = sum(np.outer(each, each) for each in points - points.mean(axis=0))
    assert np.allclose(singular_values(points) ** 2, np.sort(np.linalg.eigvalsh(scatter))[::-1])


@pytest.mark.parametrize(("values", "rank"), [([1, 1, 1, 0], 3), ([5, 0], 1), ([0, 0], 0)])
def test_equal_directions_count_in_full(values, rank):
    assert np.isclose(effective_rank(np.array(values, dtype=float)), rank)

"""Integers that stand for real numbers."""

import numpy as np
import pytest

from netmend.network.quantisation import Scheme
from netmend.network.tensors import torch

EACH = Scheme(np.float32([0.5, 0.25]), np.array([0, 3]), "int8", 1)
ONE = Scheme(np.float32([0.5]), np.array([128]), "uint8")


def test_a_code_stands_for_scale_times_its_distance_from_the_zero_point():
    assert ONE.values(np.uint8([128, 130, 0])).tolist() == [0.0, 1.0, -64.0]
    assert EACH.values(np.int8([[2, 2], [-2, 3]])).tolist() == [[1.0, -0.25], [-1.0, 0.0]]


def test_codes_are_the_nearest_ones_with_halves_away_from_zero():
    assert ONE.codes(np.array([0.2, 0.25, -0.25, 1e9, -1e9])).tolist() == [128, 129, 127, 255, 0]
    assert ONE.codes(np.array([0.2])).dtype == np.uint8


@pytest.mark.parametrize("scheme", [ONE, EACH], ids=["one scale", "a scale for each entry of an axis"])
def test_tensors_are_treated_as_arrays_are(scheme):
    values = np.random.default_rng(0).normal(0, 30, (50, 2))
    codes = scheme.codes(values)
    assert np.array_equal(scheme.real(torch.from_numpy(codes)).numpy(), scheme.values(codes))
    assert np.array_equal(scheme.on_grid(torch.from_numpy(values)).numpy(), scheme.values(codes))

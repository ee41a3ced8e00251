"""Norms against their formulas."""

import numpy as np
import pytest

from netmend.core.errors import UsageError
from netmend.repairs.weights.metric import Metric, covariance

RANDOM = np.random.default_rng(0)
PATCHES = RANDOM.normal(size=(50, 2, 3))
MATRIX = RANDOM.normal(size=(2, 4, 3))
MOMENT = np.einsum("ngi,ngj->gij", PATCHES, PATCHES) / 50


def test_the_covariance_norm_is_the_movement_of_outputs_plus_a_little_of_the_plain_norm():
    tau = np.trace(MOMENT, axis1=1, axis2=2).mean() / 3
    moved = np.einsum("god,ngd->ngo", MATRIX, PATCHES)
    by_hand = np.sum(moved**2) / 50 / tau + 0.1 * np.sum(MATRIX**2) + 4.0
    assert np.isclose(covariance(MOMENT, rho=0.1).norm(MATRIX, np.array([2.0])) ** 2, by_hand)


def test_in_whitened_coordinates_the_inner_product_is_weighted_by_the_inverse():
    metric = covariance(MOMENT)
    weighting = metric.factor @ metric.factor.transpose(0, 2, 1)
    whitened = metric.whitened(PATCHES)
    by_hand = np.einsum("gi,gij,gj->", PATCHES[0], np.linalg.inv(weighting), PATCHES[1])
    assert np.isclose(np.sum(whitened[0] * whitened[1]), by_hand)


def test_the_plain_norms_are_those_of_all_numbers():
    every = np.concatenate([MATRIX.ravel(), [3.0]])
    assert np.isclose(Metric("l2").norm(MATRIX, np.array([3.0])), np.linalg.norm(every))
    assert np.isclose(Metric("l1-linf").norm(MATRIX, np.array([3.0])), np.abs(every).mean() + np.abs(every).max())


def test_reference_inputs_that_are_all_zero_weigh_nothing():
    with pytest.raises(UsageError, match="zero on every reference input"):
        covariance(np.zeros((1, 3, 3)))

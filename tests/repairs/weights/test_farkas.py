"""Proofs that nothing can be done, and which points show it."""

import numpy as np
import pytest

from netmend.repairs.weights.farkas import explain_infeasible
from netmend.repairs.weights.metric import Metric
from netmend.repairs.weights.rows import Factored, Gradients
from netmend.repairs.weights.solvers.nnls import dual


def program(gap):
    """Ten points; of points 3 and 7 the inputs are nearly equal, and what they want is opposite."""
    random = np.random.default_rng(0)
    inputs = random.normal(size=(10, 12))
    inputs[7] = inputs[3] + gap * random.normal(size=12)
    cotangents = random.normal(size=(10, 2))
    cotangents[7] = -cotangents[3]
    return Gradients(np.zeros(10), Factored(cotangents, inputs, np.arange(10)), np.zeros((10, 0)), Metric())


@pytest.mark.parametrize("gap", [0.0, 1e-8])
def test_two_opposed_points_are_the_proof(gap):
    gradients, demand = program(gap), np.ones(10)
    found = explain_infeasible(gradients, range(10), demand, dual(gradients.kernel(), demand), 1.0)
    assert found.proof and found.points == (3, 7)
    one, other = gradients.dense()[[3, 7]]
    shares = np.linspace(1 - 1e-6, 1 + 1e-6, 20_001) if gap else np.ones(1)
    best = max((1 + share) / max(np.linalg.norm(one + share * other), 1e-300) for share in shares)
    assert 1e5 < found.bound <= 1.01 * best


def test_the_bound_is_true_of_the_smallest_change_there_is():
    gradients, demand = program(1e-2), np.ones(10)
    multipliers = dual(gradients.kernel(), demand)
    found = explain_infeasible(gradients, range(10), demand, multipliers, 1.0)
    smallest = np.sqrt(multipliers @ gradients.kernel() @ multipliers)
    assert not found.proof and found.bound <= smallest * (1 + 1e-4)

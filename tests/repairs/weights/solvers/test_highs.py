"""The linear program against its definition."""

import numpy as np

from netmend.repairs.weights.block import Change
from netmend.repairs.weights.metric import Metric
from netmend.repairs.weights.rows import Factored, Gradients
from netmend.repairs.weights.solvers import highs, nnls
from netmend.repairs.weights.solvers._base import Status


def program():
    random = np.random.default_rng(0)
    weights = Factored(random.normal(size=(4, 3)), random.normal(size=(4, 5)), np.arange(4))
    return Gradients(np.zeros(4), weights, random.normal(size=(4, 2)), Metric("l1-linf")), random.normal(size=4)


def test_the_demand_is_met_and_the_norm_is_below_that_of_the_least_squares_change():
    gradients, demand = program()
    found = highs.solve(gradients, demand, 9.0)
    least = nnls.solve(gradients, demand, 9.0)
    assert np.all(gradients.along(found.change) >= demand - 1e-7)
    norm = gradients.metric.norm
    assert norm(found.change.matrix, found.change.biases) < norm(least.change.matrix, least.change.biases)


def test_its_value_is_that_of_the_dual():
    gradients, demand = program()
    found = highs.solve(gradients, demand, 9.0)
    value = gradients.metric.norm(found.change.matrix, found.change.biases)
    assert np.isclose(value, demand @ found.multipliers, atol=1e-7)


def test_a_contradiction_is_infeasible():
    gradients, _ = program()
    one = gradients.select(np.array([0]))
    weights = Factored(-one.weights.cotangents, one.weights.inputs, one.weights.points)
    opposed = Gradients(one.values, weights, -one.biases, one.metric)
    found = highs.solve(one.joined(opposed), np.array([1.0, 1.0]), 9.0)
    assert found.status is Status.INFEASIBLE and found.change is None


def test_changes_add_up():
    one = Change(np.ones((1, 1, 1)), np.ones(1))
    assert (one + one * 2.0 - one).biases == [2.0]

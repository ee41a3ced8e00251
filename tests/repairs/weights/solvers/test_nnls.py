"""The dual quadratic program against SciPy's general solver on the primal one."""

import numpy as np
import pytest
from scipy.optimize import minimize, nnls

from netmend.repairs.weights.metric import Metric, covariance
from netmend.repairs.weights.rows import Factored, Gradients
from netmend.repairs.weights.solvers import nnls as solver
from netmend.repairs.weights.solvers._base import Status


def program(rows, outputs, width, seed, metric=None):
    random = np.random.default_rng(seed)
    metric = metric or Metric()
    patches = random.normal(size=(rows, 1, width))
    weights = Factored(random.normal(size=(rows, outputs)), metric.whitened(patches)[:, 0], np.arange(rows))
    return Gradients(np.zeros(rows), weights, random.normal(size=(rows, 2)), metric), random.normal(size=rows)


@pytest.mark.parametrize("seed", range(4))
def test_the_least_change_is_that_of_a_general_solver(seed):
    gradients, demand = program(6, 3, 4, seed)
    found = solver.solve(gradients, demand, 9.0)
    rows = gradients.dense()
    answer = minimize(
        lambda d: 0.5 * d @ d,
        np.zeros(rows.shape[1]),
        jac=lambda d: d,
        method="SLSQP",
        constraints={"type": "ineq", "fun": lambda d: rows @ d - demand, "jac": lambda d: rows},
        options={"ftol": 1e-14, "maxiter": 500},
    )
    moved = np.concatenate([found.change.matrix.ravel(), found.change.biases])
    assert found.status is Status.SOLVED and np.allclose(moved, answer.x, atol=1e-5)


def test_with_a_covariance_the_weighted_norm_is_least():
    base = np.random.default_rng(0).normal(size=(20, 4))
    metric = covariance((base.T @ base / 20)[None])
    gradients, demand = program(5, 3, 4, 7, metric)
    found = solver.solve(gradients, demand, 9.0)
    norm = metric.norm(found.change.matrix, found.change.biases)
    active = found.multipliers > 0
    assert np.allclose(gradients.along(found.change)[active], demand[active], atol=1e-7)
    for seed in range(50):  # no feasible change nearby is smaller
        random = np.random.default_rng(seed)
        other = found.change + type(found.change)(
            random.normal(size=found.change.matrix.shape) * 0.05, random.normal(size=2) * 0.05
        )
        if np.all(gradients.along(other) >= demand):
            assert metric.norm(other.matrix, other.biases) >= norm - 1e-9


@pytest.mark.parametrize("seed", range(5))
def test_many_rows_at_once_lead_where_scipys_least_squares_lead(seed):
    random = np.random.default_rng(seed)
    rows = random.normal(size=(300, 40)) + 3 * random.normal(size=40)  # many, and nearly parallel
    kernel, demand = rows @ rows.T + 1e-6 * np.eye(300), random.normal(size=300)
    upper = np.linalg.cholesky(kernel).T
    by_scipy = nnls(upper, np.linalg.solve(upper.T, demand))[0]
    found = solver.dual(kernel, demand, ridge=0.0)
    assert np.allclose(rows.T @ found, rows.T @ by_scipy, atol=1e-6 * np.abs(rows.T @ by_scipy).max())


def test_a_contradiction_is_infeasible_and_its_multipliers_show_it():
    gradients, _ = program(1, 3, 4, 0)
    both = gradients.joined(Gradients(np.zeros(1), gradients.weights, gradients.biases, gradients.metric))
    opposed = Factored(both.weights.cotangents * [[1], [-1]], both.weights.inputs, np.array([0, 0]))
    against = Gradients(both.values, opposed, both.biases * [[1], [-1]], both.metric)
    found = solver.solve(against, np.array([1.0, 1.0]), 9.0)
    assert found.status is Status.INFEASIBLE and np.allclose(found.multipliers[0], found.multipliers[1])


def test_no_time_is_an_answer_of_its_own():
    gradients, demand = program(6, 3, 4, 0)
    assert solver.solve(gradients, np.abs(demand), -1.0).status is Status.TIMED_OUT

"""Linear conditions with alternatives, against loops."""

import numpy as np

from netmend.repairs.weights.requirements.constraints import LinearConstraints

A = np.array([[1.0, 0.0, -1.0], [0.0, 1.0, -1.0], [1.0, 1.0, 0.0]])
B = np.array([0.0, 0.0, 0.5])
OUTPUTS = np.random.default_rng(0).normal(size=(6, 3))


def test_without_alternatives_every_row_counts():
    assert np.allclose(LinearConstraints(A, B, 6).slack(OUTPUTS), (OUTPUTS @ A.T - B).min(axis=1))


def test_of_alternatives_the_best_counts():
    constraints = LinearConstraints(A, B, 6, clause=np.array([0, 0, 1]))
    values = OUTPUTS @ A.T - B
    assert np.allclose(constraints.slack(OUTPUTS), np.minimum(values[:, :2].max(axis=1), values[:, 2]))


def test_points_of_a_group_choose_the_same_alternative():
    outputs = np.array([[3.0, 0.0, 1.0], [0.0, 3.0, 1.0]])
    alone = LinearConstraints(A[:2], B[:2], 2, clause=np.zeros(2))
    together = LinearConstraints(A[:2], B[:2], 2, clause=np.zeros(2), groups=np.zeros(2))
    assert (alone.slack(outputs) > 0).all() and together.slack(outputs).min() < 0


def test_violated_rows_say_what_is_missing():
    constraints = LinearConstraints(A, B, 6)
    for row in constraints.violated(OUTPUTS, 1, np.zeros(6)):
        value = sum(w * OUTPUTS[row.point, o] for o, w in zip(row.outputs, row.weights, strict=True)) - row.bound
        assert np.isclose(value, constraints.slack(OUTPUTS)[row.point]) and value < 0


def test_errors_count_with_the_size_of_the_coefficients():
    error = np.full_like(OUTPUTS, 0.1)
    assert np.allclose(LinearConstraints(A[2:], B[2:], 6).slack(OUTPUTS, error), OUTPUTS[:, :2].sum(axis=1) - 0.5 - 0.2)


def test_some_of_the_points_keep_their_groups():
    some = LinearConstraints(A, B, 6, groups=np.arange(6)).select(np.array([4, 1]))
    assert some.points == 2 and some.groups.tolist() == [4, 1] and some.agrees(0, 1)

"""The norm l1-linf as a linear program, through HiGHS as SciPy has it.

min t + sum s / n subject to G d >= h, -s <= d <= s, s <= t: mean absolute change plus largest absolute change, the
objective of APRNN (Tao et al., PLDI 2023) and PRDNN (Sotoudeh and Thakur, PLDI 2021). Every weight is a variable.
"""

from __future__ import annotations

import numpy as np

from netmend.repairs.weights.block import Change
from netmend.repairs.weights.requirements._base import Array
from netmend.repairs.weights.rows import Gradients
from netmend.repairs.weights.solvers._base import Solution, Solver, Status

_STATUS = {1: Status.TIMED_OUT, 2: Status.INFEASIBLE, 3: Status.UNBOUNDED, 4: Status.DOUBTFUL}


def solve(gradients: Gradients, demand: Array, seconds: float) -> Solution:
    """The least change that moves every row by at least its demand, to first order."""
    from scipy import sparse
    from scipy.optimize import linprog

    rows = gradients.dense()
    size = rows.shape[1]
    one = sparse.identity(size, format="csr")
    # d = p - q with p, q >= 0: at the optimum one of them is 0, so p + q is |d|.
    upper = sparse.hstack([one, one, -np.ones((size, 1))])
    lower = sparse.hstack([sparse.csr_matrix(-rows), sparse.csr_matrix(rows), np.zeros((len(rows), 1))])
    cost = np.concatenate([np.full(2 * size, 1 / size), [1.0]])
    limit = {} if np.isinf(seconds) else {"time_limit": max(seconds, 0.0)}
    answer = linprog(
        cost,
        A_ub=sparse.vstack([upper, lower], format="csr"),
        b_ub=np.concatenate([np.zeros(size), -demand]),
        method="highs",
        options=limit,
    )
    if answer.status != 0:
        return Solution(_STATUS.get(answer.status, Status.DOUBTFUL), detail=str(answer.message))
    moved = answer.x[:size] - answer.x[size : 2 * size]
    shape = gradients.combined(np.zeros(len(rows))).matrix.shape
    biases = gradients.biases.shape[1]
    matrix, tail = moved[: size - biases], moved[size - biases :]
    return Solution(Status.SOLVED, Change(matrix.reshape(shape), tail), -answer.ineqlin.marginals[size:])


SOLVER = Solver(solve=solve, norms=("l1-linf",))

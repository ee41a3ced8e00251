"""The dual quadratic program as non-negative least squares: netmend's default.

Least change: min 1/2 d'Md subject to G d >= h. Its dual, min over l >= 0 of 1/2 l'Kl - h'l with K = G M^-1 G', has one
variable for each row however many weights there are, and d = M^-1 G' l. Scaled to unit diagonal, with a ridge, K = U'U,
and the dual is min ||U l - U'^-1 h||.

Found by: block principal pivoting (Portugal, Judice and Vicente, Mathematics of
Computation 63, 1994; Kim and Park, SIAM J. Sci. Comput. 33, 2011), which exchanges many rows at once; where it does not
settle, by the active set method of Lawson and Hanson as SciPy has it (Solving Least Squares Problems, 1974, ch. 23).
"""

from __future__ import annotations

import time

import numpy as np

from netmend.repairs.weights.requirements._base import Array
from netmend.repairs.weights.rows import Gradients
from netmend.repairs.weights.solvers._base import Solution, Solver, Status

RIDGE = 1e-10
"""Added to the unit diagonal. Gradients of near-duplicates make K singular, with condition numbers up to 3e11 measured
on MNIST networks; this keeps ten digits."""

TOLERANCE = 1e-6
"""Share of the largest demand by which a row may be missed in the linear model before it counts as infeasible."""

PIVOTS = 40
"""Exchanges before block pivoting is given up: it settles within 20 or not at all, as measured on programs of 500 to
1,800 rows of MNIST networks; on them it takes 0.03 to 0.4 s, and the active set method 0.5 to 1.9 s."""


def solve(gradients: Gradients, demand: Array, seconds: float) -> Solution:
    """The least change that moves every row by at least its demand, to first order."""
    try:
        multipliers = dual(gradients.kernel(), demand, seconds)
    except (RuntimeError, np.linalg.LinAlgError, ValueError) as error:
        return Solution(Status.DOUBTFUL, detail=f"the program of {len(demand)} rows could not be solved: {error}")
    if multipliers is None:
        return Solution(Status.TIMED_OUT)
    change = gradients.combined(multipliers)
    reached = gradients.along(change)
    if not np.all(np.isfinite(reached)):
        return Solution(Status.DOUBTFUL, detail="the solution is not finite")
    missed = float(np.max(demand - reached, initial=0.0))
    if missed > TOLERANCE * max(1.0, float(np.max(np.abs(demand), initial=0.0))):
        detail = f"a row is missed by {missed:.3g} in the linear model"
        return Solution(Status.INFEASIBLE, multipliers=multipliers, detail=detail)
    return Solution(Status.SOLVED, change, multipliers)


def dual(kernel: Array, demand: Array, seconds: float = np.inf, ridge: float = RIDGE) -> Array | None:
    """Multipliers l >= 0 that minimise 1/2 l'Kl - h'l, K with a ridge on its scaled diagonal; None if out of time."""
    scale = np.sqrt(np.diag(kernel))
    used = scale > 0
    scale = np.where(used, scale, 1.0)
    scaled = kernel / scale / scale[:, None]
    scaled[np.diag_indices_from(scaled)] += ridge
    wanted = demand / scale
    deadline = time.monotonic() + seconds
    found = _block_pivoting(scaled, wanted, used & (wanted > 0), deadline)
    if found is None:
        if time.monotonic() > deadline:
            return None
        found = _lawson_hanson(scaled, wanted)
    return np.where(used, found, 0.0) / scale


def _block_pivoting(kernel: Array, demand: Array, active: Array, deadline: float) -> Array | None:
    """Rows are active (with a multiplier) or slack; all that are on the wrong side change sides together."""
    from scipy.linalg import LinAlgError, cho_factor, cho_solve

    active = active.copy()
    tolerance = 1e-12 * max(1.0, float(np.max(np.abs(demand), initial=0.0)))
    for _ in range(PIVOTS):
        if time.monotonic() > deadline:
            return None
        multipliers = np.zeros(len(demand))
        rows = np.flatnonzero(active)
        try:
            factor = cho_factor(kernel[np.ix_(rows, rows)], lower=True, overwrite_a=True, check_finite=False)
            multipliers[rows] = cho_solve(factor, demand[rows], check_finite=False)
        except LinAlgError:
            return None
        slope = kernel[:, rows] @ multipliers[rows] - demand
        wrong = (active & (multipliers < 0)) | (~active & (slope < -tolerance))
        if not wrong.any():
            return multipliers
        active ^= wrong
    return None


def _lawson_hanson(kernel: Array, demand: Array) -> Array:
    from scipy.linalg import solve_triangular
    from scipy.optimize import nnls

    upper = np.linalg.cholesky(kernel).T
    right = solve_triangular(upper, demand, trans="T", check_finite=False)
    found: Array = nnls(upper, right, maxiter=10 * len(demand))[0]
    return found


SOLVER = Solver(solve=solve, norms=("l2", "covariance"))

"""The dual quadratic program as non-negative least squares: netmend's default.

Least change: min 1/2 d'Md subject to G d >= h. Its dual, min over l >= 0 of 1/2 l'Kl - h'l with K = G M^-1 G', has one
variable for each row however many weights there are, and d = M^-1 G' l. Scaled to unit diagonal, with a ridge, K = U'U,
and the dual is min ||U l - U'^-1 h||.

Found by the active set method of Lawson and Hanson (Solving Least Squares Problems, 1974, ch. 23) on K itself, with
many rows entering at once and all leaving that reach zero together, as in the fast variants (Bro and de Jong,
J. Chemometrics 11, 1997). It descends in every step, so near-duplicate rows do not make it cycle, as they do block
principal pivoting: that never settled on programs of regions of MNIST 9x100 (2,051 rows), which take this 0.3 s and
SciPy's nnls 8 s (own measurement).
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

ENTER = 50
"""Rows that enter at once: 20 and 100 take as long (own measurement)."""


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
    found = _active_set(scaled, np.where(used, wanted, 0.0), time.monotonic() + seconds)
    return None if found is None else np.where(used, found, 0.0) / scale


def _active_set(kernel: Array, demand: Array, deadline: float) -> Array | None:
    """Rows with a multiplier are active; those violated worst enter, those whose multiplier falls to zero leave."""
    from scipy.linalg import cho_factor, cho_solve

    multipliers, active = np.zeros(len(demand)), np.zeros(len(demand), dtype=bool)
    tolerance = 1e-12 * max(1.0, float(np.max(np.abs(demand), initial=0.0)))
    enter, lowest = ENTER, np.inf
    while True:
        slope = kernel[:, active] @ multipliers[active] - demand
        violated = np.flatnonzero(~active & (slope < -tolerance))
        value = float(multipliers @ (slope - demand)) / 2
        if not len(violated) or (enter == 1 and value >= lowest):
            return multipliers
        # Where many rows at once do not help, the worst alone does, or rounding is all that is left.
        enter, lowest = (ENTER if value < lowest else 1), min(value, lowest)
        active[violated[np.argsort(slope[violated], kind="stable")[:enter]]] = True
        while True:
            if time.monotonic() > deadline:
                return None
            rows = np.flatnonzero(active)
            factor = cho_factor(kernel[np.ix_(rows, rows)], lower=True, overwrite_a=True, check_finite=False)
            wanted = cho_solve(factor, demand[rows], check_finite=False)
            falling = wanted <= 0
            if not falling.any():
                multipliers[rows] = wanted
                break
            held = multipliers[rows]
            share = float(np.min(held[falling] / (held[falling] - wanted[falling])))
            held += share * (wanted - held)
            gone = falling & (held <= 1e-12 * held.max())
            held[gone] = 0.0
            multipliers[rows], active[rows[gone]] = held, False


SOLVER = Solver(solve=solve, norms=("l2", "covariance"))

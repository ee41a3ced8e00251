"""Continuous numbers of an edit, fitted to right outputs by the Gauss-Newton method with numerical derivatives."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

import numpy as np

from netmend.network.edits import Edit
from netmend.network.graph import Array
from netmend.repairs.conversion.faults._base import Case

STEPS = 8
"""Networks are piecewise linear or smooth in such a number, so few steps do (own choice)."""


def fitted(case: Case, edits: Callable[[float], Sequence[Edit]], start: float) -> float | None:
    """One number; None where the segment cannot be evaluated with it, or no time is left."""
    found = fitted_all(case, lambda values: edits(float(values[0])), np.array([start]))
    return None if found is None else float(found[0])


def fitted_all(case: Case, edits: Callable[[Array], Sequence[Edit]], start: Array) -> Array | None:
    """Several numbers at once, with one evaluation for each number and step."""
    right = _flat(case.right)
    value = start.astype(np.float64)
    residual = _residual(case, edits(value), right)
    for _ in range(STEPS):
        if residual is None:
            return None
        columns = []
        for place in range(len(value)):
            step = 1e-4 * max(abs(value[place]), 1e-3)
            moved = value.copy()
            moved[place] += step
            there = _residual(case, edits(moved), right)
            if there is None:
                return None
            columns.append((there - residual) / step)
        change = np.linalg.lstsq(np.stack(columns, 1), -residual, rcond=None)[0]
        # Half of the way where the whole way leads further off.
        for share in (1.0, 0.5, 0.1):
            there = _residual(case, edits(value + share * change), right)
            if there is not None and np.linalg.norm(there) < np.linalg.norm(residual):
                break
        else:
            return value
        value, residual = value + share * change, there
        if np.linalg.norm(change) <= 1e-12 * np.linalg.norm(value):
            break
    return value


def _residual(case: Case, edits: Sequence[Edit], right: Array) -> Array | None:
    answers = case.answers(edits) if time.monotonic() < case.until else None
    if answers is None:
        return None
    found = _flat(answers)
    return found - right if found.shape == right.shape and np.isfinite(found).all() else None


def _flat(values: dict[str, Array]) -> Array:
    return np.concatenate([np.asarray(values[name], np.float64).reshape(-1) for name in sorted(values)])

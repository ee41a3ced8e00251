"""Into how many directions points spread: singular values of centred points, and what is read off them."""

from __future__ import annotations

import numpy as np

from netmend.repairs.weights.requirements._base import Array


def singular_values(points: Array) -> Array:
    """Singular values of points (N, d) minus their mean, largest first."""
    found: Array = np.linalg.svd(points - points.mean(axis=0), compute_uv=False)
    return found


def effective_rank(values: Array) -> float:
    """exp(-sum p ln p), p the squared singular values as shares of their sum (after Roy and Vetterli, EUSIPCO 2007).

    0 if all are zero: the points are one.
    """
    squares = values**2
    if not squares.sum() > 0:
        return 0.0
    shares = squares / squares.sum()
    shares = shares[shares > 0]
    return float(np.exp(-np.sum(shares * np.log(shares))))

"""Distances between points, and how many points can be looked at without making a person wait."""

from __future__ import annotations

import numpy as np

from netmend.repairs.weights.requirements._base import Array, Indices

MOST = 1000
"""Points of one set that are compared with each other."""

PRODUCTS = 2e9
"""Multiplications of one comparison of all pairs: about 0.2 s on one core (own measurement)."""

COLUMNS = 4096
"""Numbers of each point that are put into float64 at once, so that they stay in the processor's cache."""

WIDE = 4
"""Times as many numbers as points from which on points are turned: several comparisons then cost less than one did."""


def drawn(points: Array, seed: int) -> Indices:
    """Indices, ascending, of as many points (N, d) as can be compared pairwise, without replacement."""
    many, width = points.shape
    most = int(min(MOST, max(2.0, np.sqrt(PRODUCTS / max(width, 1)))))
    if many <= most:
        return np.arange(many)
    chosen: Indices = np.sort(np.random.default_rng(seed).permutation(many)[:most])
    return chosen


def distances(one: Array, other: Array) -> Array:
    """Euclidean distances (n, m) of points (n, d) and (m, d), right to about 1e-7 of the spread of both."""
    middle = other.mean(axis=0)
    one, other = one - middle, other - middle
    squares = (one**2).sum(axis=1)[:, None] + (other**2).sum(axis=1) - 2 * one @ other.T
    found: Array = np.sqrt(np.maximum(squares, 0))
    return found


def mean_distance(points: Array) -> float:
    """Mean distance of two different points; 0 for one point."""
    many = len(points)
    return float(distances(points, points).sum() / (many * (many - 1))) if many > 1 else 0.0


def nearest_distance(points: Array) -> float:
    """Mean distance of a point to the nearest other one; infinite for one point."""
    between = distances(points, points)
    np.fill_diagonal(between, np.inf)
    return float(between.min(axis=1).mean())


def turned(points: Array, others: Array | None) -> tuple[Array, Array | None]:
    """The same distances and angles in as few numbers as there are points, in float64.

    Points (n, d) and others (m, d) that have many more numbers than they are become (n, n + m) and (m, n + m), right to
    about 1e-8 of the largest; anything else keeps its numbers.
    """
    parts = [points, *([] if others is None else [others])]
    many, width = sum(len(part) for part in parts), points.shape[1]
    if width <= WIDE * many:
        return points.astype(np.float64), None if others is None else others.astype(np.float64)
    inner = np.zeros((many, many))
    for start in range(0, width, COLUMNS):
        some = np.concatenate([part[:, start : start + COLUMNS].astype(np.float64) for part in parts])
        inner += some @ some.T
    values, axes = np.linalg.eigh(inner)
    found: Array = axes * np.sqrt(np.where(values > 1e-15 * values[-1], values, 0.0))
    return found[: len(points)], None if others is None else found[len(points) :]

"""Small parts of a set that stand for all of it: greedy log-det, k-centre, stratified; and k-means cells."""

from __future__ import annotations

from collections.abc import Hashable, Sequence

import numpy as np

from netmend.repairs.weights.repair_set._geometry import distances
from netmend.repairs.weights.requirements._base import Array, Indices

SWEEPS = 20
"""Sweeps of k-means; it has settled long before on inputs of MNIST (own choice)."""


def greedy_log_det(points: Array, scale: float) -> tuple[Indices, Array]:
    """Points in the order in which each adds most to log det(W), W = I + X X' / scale.

    The greedy order of a determinantal point process (Chen, Zhang and Zhou, NeurIPS 2018), here as a Cholesky
    factorisation with pivots. Ties go to the earlier point.

    Args:
        points: X, (N, d), centred.

    Returns:
        The order; and the share of the trace of W that each beginning of the order explains,
        1 - tr(W - W_S W_SS^-1 W_S') / tr(W).
    """
    many = len(points)
    whole = np.eye(many) + points @ points.T / scale
    left, factor = np.diag(whole).copy(), np.zeros((many, many))
    order, explained = np.empty(many, dtype=np.intp), np.empty(many)
    for step in range(many):
        at = int(np.argmax(left))
        order[step] = at
        column = (whole[:, at] - factor[:, :step] @ factor[at, :step]) / np.sqrt(left[at])
        factor[:, step] = column
        explained[step] = np.sum(column**2)
        left -= column**2
        left[order[: step + 1]] = -np.inf
    return order, np.cumsum(explained) / np.trace(whole)


def k_centre(points: Array, many: int) -> Indices:
    """So many points, each the one farthest from those before it, the first nearest to the mean.

    Gonzalez, Theoretical Computer Science 38, 1985: the largest distance to the nearest is at most twice the least
    possible.
    """
    from_mean = np.linalg.norm(points - points.mean(axis=0), axis=1)
    chosen = [int(np.argmin(from_mean))]
    nearest = np.linalg.norm(points - points[chosen[0]], axis=1)
    while len(chosen) < min(many, len(points)):
        chosen.append(int(np.argmax(nearest)))
        nearest = np.minimum(nearest, np.linalg.norm(points - points[chosen[-1]], axis=1))
    return np.array(chosen, dtype=np.intp)


def stratified(strata: Sequence[Hashable], seed: int) -> Indices:
    """All points, one of each stratum in turn, so that every beginning holds each as evenly as it can."""
    groups: dict[Hashable, list[int]] = {}
    for at in np.random.default_rng(seed).permutation(len(strata)):
        groups.setdefault(strata[int(at)], []).append(int(at))
    turns = max((len(group) for group in groups.values()), default=0)
    ordered = sorted(groups.values(), key=len, reverse=True)
    return np.array([group[turn] for turn in range(turns) for group in ordered if turn < len(group)], dtype=np.intp)


def cells(points: Array, many: int) -> Array:
    """Centres of k-means cells, (k, d): Lloyd's sweeps from a k-centre start, so that nothing is random."""
    centres = points[k_centre(points, many)]
    for _ in range(SWEEPS):
        own = distances(points, centres).argmin(axis=1)
        moved = np.array(
            [points[own == at].mean(axis=0) if np.any(own == at) else centre for at, centre in enumerate(centres)]
        )
        if np.array_equal(moved, centres):
            break
        centres = moved
    return centres

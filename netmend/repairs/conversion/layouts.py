"""In which layout a tensor of the target may hold one of the source: orders of axes, and reshapes after them."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import permutations

import numpy as np

from netmend.network.graph import Array
from netmend.repairs.conversion.distance import distance, rms
from netmend.repairs.conversion.segments import Correspondence

MOST_AXES = 5
"""Axes of which every order is tried; of more, only the usual ones (own choice: 6 axes have 720 orders)."""

VARIED = 0.5
"""Largest error as a share of what a tensor differs by between inputs: beyond that it might be that of any others, and
what is nearly the same for all would be recognised whatever went wrong before it (own choice)."""

PROBED = 4096
"""Entries that are compared before all are: a wrong order of axes is off in most of them."""

ORDERS = {
    3: ((0, 1, 2), (0, 2, 1)),
    4: ((0, 1, 2, 3), (0, 2, 3, 1), (0, 3, 1, 2)),
    5: ((0, 1, 2, 3, 4), (0, 2, 3, 4, 1), (0, 4, 1, 2, 3)),
}
"""The usual ones by number of axes: as it is, and channels from first to last and back."""


def layouts(
    shape: tuple[int, ...], wanted: tuple[int, ...], rows: int, first: tuple[int, ...] | None = None
) -> Iterator[tuple[tuple[int, ...] | None, tuple[int, ...] | None]]:
    """Pairs (order of axes, shape afterwards) by which an array of one shape becomes one of another, likeliest first.

    Args:
        rows: length of the batch, so that the shape afterwards holds for others. first: an order to try before all.
    """
    same = tuple(range(len(shape)))
    if np.prod(shape, dtype=object) != np.prod(wanted, dtype=object):
        return
    if len(shape) == len(wanted):
        likely = [first] if first is not None and len(first) == len(shape) else []
        likely += ORDERS.get(len(shape), (same,))
        rest = permutations(same) if len(shape) <= MOST_AXES else ()
        for order in dict.fromkeys([*likely, *rest]):
            if tuple(shape[axis] for axis in order) == wanted:
                yield (None if order == same else order), None
    if sorted(shape) == sorted(wanted):
        return
    seen = set()
    orders = permutations(same) if len(shape) <= MOST_AXES else iter([same])
    for order in orders:
        # Axes of length one may stand anywhere; the batch stays in front where both sides have it there.
        telling = tuple(axis for axis in order if shape[axis] > 1)
        moved = bool(shape and wanted and shape[0] == wanted[0] == rows and order[:1] != (0,))
        if telling in seen or moved:
            continue
        seen.add(telling)
        yield (None if order == same else order), growing(wanted, rows)


def usual(order: tuple[int, ...] | None) -> bool:
    """Whether an order of axes is one of those that formats have."""
    return order is None or order in ORDERS.get(len(order), (tuple(range(len(order))),))


def growing(shape: tuple[int, ...], rows: int) -> tuple[int, ...]:
    """A shape with -1 for the axis that grows with the batch: the first whose length is a multiple of the rows."""
    at = next((axis for axis, length in enumerate(shape) if length % max(rows, 1) == 0 and length >= rows), None)
    return shape if at is None else (*shape[:at], -1, *shape[at + 1 :])


def same_numbers(
    target: str,
    got: Array,
    source: str,
    value: Array,
    rows: int,
    tolerance: float,
    first: tuple[int, ...] | None = None,
) -> tuple[Correspondence, float] | None:
    """How the target holds the source's value and how far it is off, root mean square relative to the value.

    None where no layout brings them within the tolerance.
    """
    scale = rms(value) or 1.0
    for order, shape in layouts(value.shape, got.shape, rows, first):
        found = Correspondence(target, source, order, shape, growing(value.shape, rows))
        there = (
            found.to_target(value) if shape is None else value.transpose(order or range(value.ndim)).reshape(got.shape)
        )
        if got.size > PROBED:
            places = np.unravel_index(np.linspace(0, got.size - 1, PROBED).astype(np.int64), got.shape)
            if not distance(got[places], there[places]).typical <= 10 * tolerance * scale:
                continue
        off = distance(got, there)
        if off.largest > 1 and value.dtype.kind in "iu" and got.dtype.kind in "iu":
            # Whole numbers are not rounded on their way, but for the last step to them.
            continue
        error = off.typical / scale
        if error <= tolerance and error <= VARIED * _variation(value, rows) / scale:
            return found, error
    return None


def _variation(value: Array, rows: int) -> float:
    """How much a tensor differs between the inputs, root mean square; of one that is no batch its size."""
    batch = value.ndim > 0 and len(value) == rows > 1 and value.dtype.kind == "f"
    return (rms(value - value.mean(0, keepdims=True)) if batch else rms(value)) or rms(value)

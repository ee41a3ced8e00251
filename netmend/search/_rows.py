"""Points of a box as rows of numbers: what models compute with.

A number becomes its place between its bounds, in [0, 1], on its own scale; a whole number the middle of its cell, so
that all are equally wide. A choice becomes its index.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt

from netmend.search._base import Dimension, Point, Scalar

Array = npt.NDArray[np.float64]


def to_row(dimensions: Sequence[Dimension], point: Point) -> Array:
    """The row of a point; numbers beyond their bounds are taken at the bound.

    Raises:
        ValueError: a value is not among the choices of its dimension.
    """
    return np.array([_place(dimension, point[dimension.name]) for dimension in dimensions], dtype=float)


def to_point(dimensions: Sequence[Dimension], row: Array) -> Mapping[str, Scalar]:
    """The point of a row."""
    return {dimension.name: _value(dimension, place) for dimension, place in zip(dimensions, row.tolist(), strict=True)}


def random_row(dimensions: Sequence[Dimension], rng: np.random.Generator) -> Array:
    """A row drawn evenly from the box, each number on its own scale."""
    return np.array([rng.integers(len(d.choices)) if d.choices else rng.random() for d in dimensions], dtype=float)


def settled(dimensions: Sequence[Dimension], rows: Array) -> Array:
    """Many rows, each moved to a point of the box: whole numbers to the middles of their cells."""
    moved = rows.copy()
    for column, dimension in enumerate(dimensions):
        if dimension.whole and not dimension.choices:
            low, high = _ends(dimension)
            place = low + rows[:, column] * (high - low)
            value = np.clip(np.round(np.exp(place) if dimension.log else place), dimension.low, dimension.high)
            moved[:, column] = ((np.log(value) if dimension.log else value) - low) / (high - low)
    return moved


def _ends(dimension: Dimension) -> tuple[float, float]:
    half = 0.5 if dimension.whole else 0.0
    low, high = dimension.low - half, dimension.high + half
    return (math.log(low), math.log(high)) if dimension.log else (low, high)


def _place(dimension: Dimension, value: Scalar) -> float:
    if dimension.choices:
        return float(dimension.choices.index(value))
    assert isinstance(value, int | float), f"{dimension.name} is a number, not {value!r}"
    low, high = _ends(dimension)
    inside = min(max(float(value), dimension.low), dimension.high)
    return ((math.log(inside) if dimension.log else inside) - low) / (high - low) if high > low else 0.5


def _value(dimension: Dimension, place: float) -> Scalar:
    if dimension.choices:
        return dimension.choices[int(place)]
    low, high = _ends(dimension)
    value = low + place * (high - low)
    value = math.exp(value) if dimension.log else value
    inside = min(max(round(value) if dimension.whole else value, dimension.low), dimension.high)
    return int(inside) if dimension.whole else float(inside)

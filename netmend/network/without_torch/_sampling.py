"""Values of images between their points.

References: torch's `grid_sample`; Keys, Cubic convolution interpolation, 1981, with the slope -3/4.
"""

from __future__ import annotations

from itertools import product
from typing import Any

import numpy as np

from netmend.network.without_torch._types import Array

_SLOPE = -0.75


def sampled(value: Array, grid: Array, mode: str, outside: str, corners: bool) -> Array:
    """Values at places of a grid.

    Args:
        value: rows, channels, axes of space. grid: rows, new axes of space, and in the last axis the place from -1 to
            1 along each axis of space, the last one first.
        mode: "bilinear" (over any number of axes), "nearest" or "bicubic".
        outside: "zeros", "border" or "reflection". corners: whether -1 and 1 are middles of points.
    """
    rank, sizes = value.ndim - 2, value.shape[2:]
    places = []
    for axis, size in enumerate(sizes):
        place = grid[..., rank - 1 - axis]
        places.append((place + 1) / 2 * (size - 1) if corners else ((place + 1) * size - 1) / 2)
    if mode != "bicubic":
        places = [_inside(place, size, outside, corners) for place, size in zip(places, sizes, strict=True)]
    if mode == "nearest":
        return _taken(value, [np.rint(place) for place in places], "zeros", corners)
    lows = [np.floor(place) for place in places]
    shares = [place - low for place, low in zip(places, lows, strict=True)]
    steps = (-1, 0, 1, 2) if mode == "bicubic" else (0, 1)
    weigh = _cubic if mode == "bicubic" else _linear
    total = np.zeros((value.shape[0], value.shape[1], *grid.shape[1:-1]), value.dtype)
    for chosen in product(steps, repeat=rank):
        at = [low + step for low, step in zip(lows, chosen, strict=True)]
        weight = np.ones_like(places[0])
        for share, step in zip(shares, chosen, strict=True):
            weight = weight * weigh(np.abs(share - step))
        total += _taken(value, at, outside if mode == "bicubic" else "zeros", corners) * weight[:, None]
    return total


def _linear(far: Array) -> Array:
    found: Array = np.maximum(1 - far, 0)
    return found


def _cubic(far: Array) -> Array:
    a = _SLOPE
    near = ((a + 2) * far - (a + 3)) * far * far + 1
    found: Array = np.where(far <= 1, near, np.where(far < 2, ((a * far - 5 * a) * far + 8 * a) * far - 4 * a, 0))
    return found


def _inside(place: Array, size: int, outside: str, corners: bool) -> Array:
    """Places outside of the image moved to its edge, or reflected there."""
    if outside == "reflection":
        low, high = (0.0, size - 1.0) if corners else (-0.5, size - 0.5)
        span = high - low
        if span == 0:
            return np.zeros_like(place)
        far = np.abs(place - low)
        turns, rest = np.floor(far / span), np.fmod(far, span)
        place = np.where(turns % 2 == 0, rest + low, span - rest + low)
    return place if outside == "zeros" else np.clip(place, 0, size - 1)


def _taken(value: Array, places: list[Array], outside: str, corners: bool) -> Array:
    """Values at whole places; zero outside."""
    sizes = value.shape[2:]
    places = [_inside(place, size, outside, corners) for place, size in zip(places, sizes, strict=True)]
    known = np.ones(places[0].shape, bool)
    index: list[Any] = []
    for place, size in zip(places, sizes, strict=True):
        known &= (place >= 0) & (place <= size - 1)
        index.append(np.clip(np.nan_to_num(place), 0, size - 1).astype(np.int64))
    rows = np.arange(value.shape[0]).reshape(-1, *[1] * (places[0].ndim - 1))
    # Chosen places come first where slices stand between what chooses: the channels go to the end and come back.
    chosen: tuple[Any, ...] = (rows, slice(None), *index)
    found = value[chosen]
    return np.moveaxis(np.where(known[..., None], found, 0), -1, 1)

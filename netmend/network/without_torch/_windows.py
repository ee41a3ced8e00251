"""Sums and maxima over windows: convolutions forwards and backwards, and pooling, over any number of axes of space.

Arrays have rows, channels and axes of space, in this order. Convolutions are products of matrices whose columns are
windows (Chellapilla et al., High Performance Convolutional Neural Networks for Document Processing, 2006); those of
single channels, and pooling, go through the places of the window one by one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from math import prod
from typing import Any

import numpy as np

from netmend.network.without_torch._types import Array

COLUMNS = 2**20
"""Most numbers of windows that are written out at a time: 8 MiB in float64."""

BLOCK = 2**15
"""Numbers of an answer that are computed at a time where places are gone through one by one: 256 KiB in float64, which
stay in the cache meanwhile."""


def convolved(
    value: Array,
    weight: Array,
    strides: Sequence[int],
    pads: Sequence[int],
    steps: Sequence[int],
    groups: int,
) -> Array:
    """A convolution.

    Args:
        weight: output channels, input channels of a group, window. pads: zeros on either side of each axis.

    Raises:
        RuntimeError: shapes or types do not fit.
    """
    _fitting(value, weight, groups, weight.shape[1] * groups)
    value = framed(value, [(each, each) for each in pads])
    seen = windows(value, weight.shape[2:], strides, steps)
    rank, ins, outs = weight.ndim - 2, weight.shape[1], weight.shape[0] // groups
    made = np.empty((value.shape[0], weight.shape[0], *seen.shape[2 + rank :]), value.dtype)
    if ins == 1 and groups > 1:
        for place in range(outs):
            _by_channel(seen, weight[place::outs, 0], made[:, place::outs])
        return made
    for group in range(groups):
        own, theirs = slice(group * ins, (group + 1) * ins), slice(group * outs, (group + 1) * outs)
        _by_columns(seen[:, own], weight[theirs], made[:, theirs])
    return made


def spread(
    value: Array, weight: Array, strides: Sequence[int], more: Sequence[int], groups: int, steps: Sequence[int]
) -> Array:
    """A convolution backwards, without padding.

    Args:
        weight: input channels, output channels of a group, window. more: what is added behind each axis.

    Raises:
        RuntimeError: shapes or types do not fit.
    """
    _fitting(value, weight, groups, weight.shape[0])
    ins, outs, window, sizes = weight.shape[0] // groups, weight.shape[1], weight.shape[2:], value.shape[2:]
    reach = [(size - 1) * stride + 1 for size, stride in zip(sizes, strides, strict=True)]
    whole = [far + (wide - 1) * step + add for far, wide, step, add in zip(reach, window, steps, more, strict=True)]
    made = np.zeros((value.shape[0], outs * groups, *whole), value.dtype)
    for group in range(groups):
        own, theirs = slice(group * ins, (group + 1) * ins), slice(group * outs, (group + 1) * outs)
        kernel = weight[own].reshape(ins, -1).T
        for row in range(value.shape[0]):
            parts = (kernel @ value[row, own].reshape(ins, -1)).reshape(outs, *window, *sizes)
            for place in np.ndindex(*window):
                at: list[Any] = [
                    slice(each * step, each * step + far, stride)
                    for each, step, far, stride in zip(place, steps, reach, strides, strict=True)
                ]
                made[row, theirs][(slice(None), *at)] += parts[(slice(None), *place)]
    return made


def pooled(
    value: Array, window: Sequence[int], strides: Sequence[int], steps: Sequence[int], take: Callable[..., Array]
) -> Array:
    """The sum or the largest number of each window.

    Raises:
        RuntimeError: the window does not fit in.
    """
    seen, rank = windows(value, window, strides, steps), len(window)
    made = np.empty((*value.shape[:2], *seen.shape[2 + rank :]), value.dtype)
    for row, part in _blocks(made):
        total: Array | None = None
        for place in np.ndindex(*window):
            each = seen[(row, part, *place)]
            total = each.copy() if total is None else take(total, each, out=total)
        assert total is not None
        made[row, part] = total
    return made


def framed(value: Array, around: Sequence[tuple[int, int]], filler: float = 0.0) -> Array:
    """The last axes with a filler before and after them, one after another in memory."""
    if not any(map(any, around)):
        return np.ascontiguousarray(value)
    front = value.ndim - len(around)
    sizes = [size + sum(each) for size, each in zip(value.shape[front:], around, strict=True)]
    made = np.full((*value.shape[:front], *sizes), filler, value.dtype)
    inner = [slice(before, before + size) for (before, _), size in zip(around, value.shape[front:], strict=True)]
    made[(slice(None),) * front + tuple(inner)] = value
    return made


def windows(value: Array, window: Sequence[int], strides: Sequence[int], steps: Sequence[int]) -> Array:
    """A view of all windows: rows, channels, the window, and where it begins.

    Raises:
        RuntimeError: it does not fit in.
    """
    sizes = [
        (size - (wide - 1) * step - 1) // stride + 1
        for size, wide, stride, step in zip(value.shape[2:], window, strides, steps, strict=True)
    ]
    if min(sizes) < 1:
        raise RuntimeError(f"the window {list(window)} is larger than what it moves over, {list(value.shape[2:])}")
    far = value.strides[2:]
    inner = [one * step for one, step in zip(far, steps, strict=True)]
    outer = [one * stride for one, stride in zip(far, strides, strict=True)]
    return np.lib.stride_tricks.as_strided(
        value, (*value.shape[:2], *window, *sizes), (*value.strides[:2], *inner, *outer), writeable=False
    )


def _by_columns(seen: Array, weight: Array, made: Array) -> None:
    """Products of a kernel with the numbers of windows, written into the answer."""
    kernel, rank = weight.reshape(len(weight), -1), weight.ndim - 2
    rows, sizes = made.shape[0], made.shape[2:]
    together = max(1, COLUMNS // (kernel.shape[1] * prod(sizes)))
    if together > 1:
        # Of small images several are one product.
        order = [*range(1, 2 + rank), 0, *range(2 + rank, seen.ndim)]
        for row in range(0, rows, together):
            part = seen[row : row + together].transpose(order)
            answer = kernel @ part.reshape(kernel.shape[1], -1)
            made[row : row + together] = answer.reshape(len(kernel), -1, *sizes).swapaxes(0, 1)
        return
    length = max(1, COLUMNS // (kernel.shape[1] * prod(sizes[1:])))
    for row in range(rows):
        for start in range(0, sizes[0], length):
            kept: list[Any] = [slice(None)] * (1 + rank)
            part = seen[row][(*kept, slice(start, start + length))]
            answer = kernel @ part.reshape(kernel.shape[1], -1)
            made[row, :, start : start + length] = answer.reshape(len(kernel), -1, *sizes[1:])


def _by_channel(seen: Array, weight: Array, made: Array) -> None:
    """Each channel with a window of its own, written into the answer."""
    window = weight.shape[1:]
    for row, part in _blocks(made):
        total = np.zeros(made[row, part].shape, made.dtype)
        each = np.empty_like(total)
        for place in np.ndindex(*window):
            factor = weight[(part, *place)].reshape(-1, *[1] * len(window))
            np.multiply(seen[(row, part, *place)], factor, out=each)
            total += each
        made[row, part] = total


def _blocks(made: Array) -> Iterator[tuple[int, slice]]:
    """Rows and stretches of channels with about `BLOCK` numbers."""
    count = max(1, BLOCK // max(1, prod(made.shape[2:])))
    for row in range(made.shape[0]):
        for start in range(0, made.shape[1], count):
            yield row, slice(start, start + count)


def _fitting(value: Array, weight: Array, groups: int, channels: int) -> None:
    if value.ndim != weight.ndim or value.shape[1] != channels or weight.shape[0] % groups:
        raise RuntimeError(f"a kernel {list(weight.shape)} in {groups} groups does not fit {list(value.shape)}")
    if value.dtype != weight.dtype:
        raise RuntimeError(f"a kernel of {weight.dtype} does not fit numbers of {value.dtype}")

"""Rows for runtimes that take only so many at once: dealt out in parts, and found again in what comes back."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from netmend.core.errors import UsageError
from netmend.network.backends._base import rows_at_once
from netmend.network.evaluate import as_tensor, forward
from netmend.network.graph import Array, Graph


def in_parts(feeds: Mapping[str, Array], at_once: int | None) -> Iterator[tuple[dict[str, Array], int]]:
    """Parts that a runtime takes, each with the number of its rows that are meant.

    Args:
        at_once: how many rows the network takes, no more and no fewer: the last part is filled up with its last row.
            None for any number; then parts have `rows_at_once`.

    Raises:
        UsageError: there are no rows.
    """
    rows = len(next(iter(feeds.values())))
    if rows == 0:
        raise UsageError("there are no inputs to run")
    step = at_once or rows_at_once(feeds.values())
    for start in range(0, rows, step):
        part = {name: value[start : start + step] for name, value in feeds.items()}
        meant = len(next(iter(part.values())))
        missing = 0 if at_once is None else at_once - meant
        if missing:
            part = {name: np.concatenate([value, *[value[-1:]] * missing]) for name, value in part.items()}
        yield part, meant


def meant_of(value: Array, axis: int | None, meant: int, at_once: int | None) -> Array:
    """What a tensor holds of the rows that are meant, where a part was filled up; a row may take several entries."""
    if axis is None or at_once is None or meant == at_once or axis >= value.ndim:
        return value
    return value.take(np.arange(value.shape[axis] * meant // at_once), axis)


def as_rows(value: Array, shape: Sequence[int | None]) -> Array:
    """An answer with the axis of the rows that a network for one row has squeezed away.

    Args:
        shape: of the answer to any number of rows.
    """
    return value[None] if value.ndim == len(shape) - 1 else value


def batch_axes(graph: Graph) -> Mapping[str, int]:
    """The axis of each tensor along which inputs follow one another, found by evaluating one and two.

    Tensors that do not depend on the number of rows, or in another way than by the length of one axis, are left out.
    """
    shapes = []
    for rows in (1, 2):
        feeds = {
            each.name: as_tensor(np.zeros([rows, *(size or 1 for size in each.shape[1:])], each.dtype))
            for each in graph.inputs
        }
        shapes.append({name: tuple(value.shape) for name, value in forward(graph, feeds, keep="all").items()})
    return {
        name: next(axis for axis, size in enumerate(shape) if size != shapes[1][name][axis])
        for name, shape in shapes[0].items()
        if shape != shapes[1][name] and len(shape) == len(shapes[1][name])
    }


def joined(parts: Sequence[Array | None], axis: int | None) -> Array:
    """The parts one after another along an axis; the first where they do not depend on the row."""
    arrays = [part for part in parts if part is not None]
    return arrays[0] if axis is None or len(arrays) == 1 else np.concatenate(arrays, axis)

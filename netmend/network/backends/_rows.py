"""Where the rows of a batch are in tensors inside a network, for runtimes that take one row at a time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from netmend.network.evaluate import as_tensor, forward
from netmend.network.graph import Array, Graph


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

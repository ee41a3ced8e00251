"""Inputs for a network that nobody has given any for."""

from __future__ import annotations

import numpy as np

from netmend.network.graph import Array, Graph


def random_inputs(graph: Graph, rows: int | None = None) -> dict[str, Array]:
    """Numbers that tell layers apart: normal ones, and small integers where integers are taken; always the same.

    Args:
        rows: how many inputs; None for as many as the file takes at once, two where it takes any number.
    """
    random = np.random.default_rng(0)
    rows = rows or graph.rows or 2
    found = {}
    for each in graph.inputs:
        shape = [rows if axis == 0 and size is None else size or 4 for axis, size in enumerate(each.shape)]
        floats = random.normal(0, 1, shape).astype(np.float32)
        found[each.name] = floats.astype(each.dtype) if each.dtype[0] in "fb" else np.abs(floats).astype(each.dtype)
    return found

"""The tensors of the source by what they hold, so that one of the target can be looked up whatever it is called."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np

from netmend.network.graph import Array, Graph, Node
from netmend.repairs.conversion.layouts import same_numbers
from netmend.repairs.conversion.segments import Correspondence

LOOSER = 10.0
"""A mean may be off by more than the numbers are: the factor by which signatures are compared more loosely."""


INTEGERS = 16
"""Integers from which on a tensor is looked up: fewer may be a shape, of which many are alike (own choice)."""


class Known:
    """Values of the source for a few inputs, with their signatures and their dataflow.

    Attributes:
        values: of every tensor that depends on an input, by name. rows: length of the batch.
        place: of each tensor in an order in which they can be computed. above: for each, which it is computed from.
    """

    def __init__(self, graph: Graph, values: Mapping[str, Array], rows: int) -> None:
        moving = depending(graph)
        self.graph, self.rows = graph, rows
        order = [each.name for each in graph.inputs] + [name for node in graph.nodes for name in node.outputs if name]
        self.place = {name: at for at, name in enumerate(order)}
        self.values = {name: values[name] for name in order if name in moving and name in values}
        self._above = _ancestors(graph, self.place)
        self._names = [name for name, value in self.values.items() if telling(value)]
        self._signatures = np.array([signature(self.values[name]) for name in self._names]).reshape(-1, 5)

    def downstream(self, tensor: str, of: str) -> bool:
        """Whether a tensor is computed from another, or is that one."""
        return bool(self._above[tensor] >> self.place[of] & 1)

    def like(
        self, target: str, value: Array, tolerance: float, first: tuple[int, ...] | None = None
    ) -> Iterator[tuple[Correspondence, float]]:
        """Every tensor of the source that holds the same numbers in some layout, with its relative error."""
        own = signature(value)
        if not np.isfinite(own).all() or own[2] == 0:
            return
        slack = LOOSER * tolerance * np.maximum(self._signatures[:, 2], own[2])
        near = self._signatures[:, 0] == own[0]
        near &= (np.abs(self._signatures[:, 1:3] - own[1:3]) <= slack[:, None]).all(axis=1)
        # The spread of a constant tensor is zero: it says nothing, and many are alike.
        near &= self._signatures[:, 4] > 0
        if own[4] == 0:
            return
        for at in np.flatnonzero(near):
            name = self._names[at]
            found = same_numbers(target, value, name, self.values[name], self.rows, tolerance, first)
            if found is not None:
                yield found


def telling(value: Array) -> bool:
    """Whether a tensor can be recognised by its numbers: fractions, or enough integers not to be a shape."""
    return bool(value.size and (value.dtype.kind == "f" or (value.dtype.kind in "iu" and value.size >= INTEGERS)))


def signature(value: Array) -> Array:
    """Count, mean, root mean square, largest magnitude and spread: what no layout changes."""
    flat = np.asarray(value, np.float64).reshape(-1)
    if not flat.size:
        return np.zeros(5)
    if not np.isfinite(flat).all():
        flat = np.clip(np.nan_to_num(flat, nan=0.0), -1e300, 1e300)
    largest = np.max(np.abs(flat), initial=0.0)
    scaled = flat / largest if largest > 0 else flat
    spread = float(np.ptp(flat))
    return np.array([flat.size, largest * scaled.mean(), largest * np.sqrt(np.mean(scaled**2)), largest, spread])


def depending(graph: Graph) -> frozenset[str]:
    """The tensors that depend on an input, inputs included."""
    found = {each.name for each in graph.inputs}
    for node in graph.nodes:
        if not found.isdisjoint(node.inputs):
            found.update(name for name in node.outputs if name)
    return frozenset(found)


def _ancestors(graph: Graph, place: Mapping[str, int]) -> dict[str, int]:
    """For each tensor the places of those it is computed from, itself included, as the bits of a number."""
    above = {each.name: 1 << place[each.name] for each in graph.inputs}
    for node in graph.nodes:
        mask = 0
        for name in node.inputs:
            mask |= above.get(name, 0)
        for name in node.outputs:
            if name:
                above[name] = mask | 1 << place[name]
    return above


_ORDER = {"IDENTITY", "TRANSPOSE", "RESHAPE", "FLATTEN", "SQUEEZE", "UNSQUEEZE", "EXPAND_DIMS", "CAST", "DROPOUT"}


def passes_on(node: Node) -> bool:
    """Whether an operator passes on what it reads, but for its order, by its purpose."""
    return node.op.rpartition(":")[2].upper() in _ORDER


def stored_numbers(graph: Graph, node: Node) -> list[tuple[float, ...]]:
    """What no order changes of the constants that a node reads."""
    held = [graph.constants[name] for name in node.inputs if name in graph.constants]
    return sorted(
        tuple(float(f"{number:.5g}") for number in signature(value)[[0, 2, 3]]) for value in held if value.size
    )

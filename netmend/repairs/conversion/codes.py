"""Stored integers of an ONNX network that DequantizeLinear takes off their grid before an operator reads them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from netmend.network.graph import Array, Graph, Node
from netmend.repairs.conversion.grids import scale_of, spread


@dataclass(frozen=True, slots=True, eq=False)
class Codes:
    """Integers and the real numbers that they stand for.

    Attributes:
        node: that takes them off their grid. name: of the constant that holds them.
        scale, zero: in float64, to broadcast over the integers.
    """

    node: Node
    name: str
    codes: Array
    scale: Array
    zero: Array

    @property
    def values(self) -> Array:
        """The real numbers, in float64."""
        found: Array = (self.codes.astype(np.float64) - self.zero) * self.scale
        return found

    def nearest(self, values: Array) -> Array:
        """The integers nearest to real numbers, in the stored type; beyond the grid its ends."""
        whole = np.rint(np.asarray(values, np.float64) / self.scale) + self.zero
        found: Array = np.clip(whole, *limits(self.codes.dtype.name)).astype(self.codes.dtype)
        return found


def codes_of(graph: Graph, name: str) -> Codes | None:
    """The stored integers behind what a node reads; None where these are no such, or their grid is not stored."""
    node = None if name in graph.constants else graph.producer(name)
    if node is None or node.op != "DequantizeLinear" or node.inputs[0] not in graph.constants:
        return None
    stored, scale = graph.constants[node.inputs[0]], scale_of(graph, node.inputs[1])
    zero = graph.constants.get(node.inputs[2]) if len(node.inputs) > 2 and node.inputs[2] else np.zeros(1)
    if scale is None or zero is None:
        return None
    try:
        steps, shift = (spread(each.astype(np.float64), stored.shape, node.attributes) for each in (scale, zero))
        fits = np.broadcast_shapes(stored.shape, steps.shape, shift.shape) == stored.shape
    except (ValueError, IndexError):
        return None
    return Codes(node, node.inputs[0], stored, steps, shift) if fits and (steps > 0).all() else None


def limits(kind: str) -> tuple[int, int]:
    """The least and the largest integer of a type, of those that NumPy does not know too."""
    bits = int(kind.lstrip("uint"))
    return (0, 2**bits - 1) if kind.startswith("u") else (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1)

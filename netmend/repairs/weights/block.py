"""What a repair may change: the weight of one layer, its bias, and the biases of later layers; and one such change.

Biases after the layer are the family of APRNN (Tao et al., PLDI 2023): they cost little and reach every output.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from netmend.network.graph import Graph
from netmend.network.layers import LinearLayer, linear_layers
from netmend.repairs.weights.patches import Patches, patches_of
from netmend.repairs.weights.requirements._base import Array


@dataclass(frozen=True, slots=True, eq=False)
class Change:
    """A displacement of a block: of its matrix (G, o, d) and of all its biases, one after the other, (b,)."""

    matrix: Array
    biases: Array

    def __add__(self, other: Change) -> Change:
        return Change(self.matrix + other.matrix, self.biases + other.biases)

    def __sub__(self, other: Change) -> Change:
        return Change(self.matrix - other.matrix, self.biases - other.biases)

    def __mul__(self, factor: float) -> Change:
        return Change(self.matrix * factor, self.biases * factor)


@dataclass(frozen=True, slots=True)
class Bias:
    """A bias that may change: its constant, the tensor it is part of, its axis there, from the end, and its first place
    in the constant, which may hold other layers' biases too."""

    constant: str
    tensor: str
    size: int
    axis: int
    first: int = 0

    @property
    def part(self) -> slice:
        """Its places in the constant, flat."""
        return slice(self.first, self.first + self.size)


@dataclass(frozen=True, slots=True, eq=False)
class Block:
    """One layer of a graph with what is changed together with it.

    Attributes:
        layer: whose weight is changed. patches: how it is read as a matrix.
        biases: the layer's own first, then later ones in forward order.
    """

    graph: Graph
    layer: LinearLayer
    patches: Patches
    biases: tuple[Bias, ...]

    @property
    def nothing(self) -> Change:
        """The empty change."""
        shape = (self.patches.groups, self.patches.outputs, self.patches.width)
        return Change(np.zeros(shape), np.zeros(sum(bias.size for bias in self.biases)))

    @property
    def size(self) -> int:
        """How many numbers it holds."""
        return self.patches.groups * self.patches.outputs * self.patches.width + sum(b.size for b in self.biases)

    def spread(self, change: Change) -> dict[str, Array]:
        """A change by constant, in the shapes in which the constants are stored, in float64."""
        values = {self.layer.weight: self.patches.weight(change.matrix)}
        at = 0
        for bias in self.biases:
            whole = values.setdefault(bias.constant, np.zeros(self.graph.constants[bias.constant].shape))
            whole.reshape(-1)[bias.part] = change.biases[at : at + bias.size]
            at += bias.size
        return values

    def displaced(self, change: Change) -> dict[str, Array]:
        """The constants with a change added, in the type in which they are stored: what would be deployed."""
        stored = self.graph.constants
        moved = self.spread(change)
        return {name: (stored[name].astype(np.float64) + moved[name]).astype(stored[name].dtype) for name in moved}

    def between(self, constants: Mapping[str, Array]) -> Change:
        """The change that leads to these constants; the inverse of `displaced` but for rounding."""

        def moved(name: str) -> Array:
            stored = self.graph.constants[name]
            return constants.get(name, stored).astype(np.float64) - stored.astype(np.float64)

        biases = [moved(bias.constant).ravel()[bias.part] for bias in self.biases]
        return Change(self.patches.matrix(moved(self.layer.weight)), np.concatenate([np.zeros(0), *biases]))


def block_of(graph: Graph, layer: LinearLayer, *, writable: Mapping[str, str], later_biases: bool = True) -> Block:
    """The block of a layer.

    Args:
        writable: constants that the network's file can take back, as keys.
        later_biases: also those of the layers after it; biases that several layers share stay as they are.

    Raises:
        UsageError: the weight is shared, or of a kind that cannot be changed here.
    """
    patches = patches_of(graph, layer)
    downstream = {name for node in graph.after([layer.output]) for name in node.outputs}
    others = [other for other in linear_layers(graph) if later_biases and other.output in downstream]
    biases = [
        Bias(each.bias, each.output, last - first, _axis(each), first)
        for each in (layer, *others)
        if each.bias is not None and each.bias in writable and not each.shared_with
        for first, last in [each.bias_part or (0, graph.constants[each.bias].size)]
    ]
    return Block(graph, layer, patches, tuple(biases))


def _axis(layer: LinearLayer) -> int:
    """The axis of a layer's units in its output, from the end: the places of a convolution come after its channels."""
    return 1 - len(layer.order) if layer.kind == "conv" else -1

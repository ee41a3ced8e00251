"""Where integers stand for real numbers: TFLite's grids of tensors, and ONNX's operators that convert them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from netmend.network.edits import Edit, ReplaceNodes, SetAttribute, SetInput, SetScheme
from netmend.network.graph import Array, Graph, Node
from netmend.repairs.conversion.faults._base import constant_edits, fresh

_OPERATORS = ("QuantizeLinear", "DequantizeLinear")


@dataclass(frozen=True, slots=True, eq=False)
class Grid:
    """The grid of a tensor or constant.

    Attributes:
        node: that reads, makes or converts it. tensor: its name. codes: its integers, where it is a constant.
        converts: the node is ONNX's, with the grid among its inputs.
    """

    graph: Graph
    node: Node
    tensor: str
    codes: Array | None
    scale: Array
    zero: Array
    axis: int
    converts: bool

    def changed(
        self, scale: Array | None = None, zero: Array | None = None, axis: int | None = None
    ) -> tuple[Edit, ...]:
        """The edits that give it another scale, zero point or axis; the integers stay."""
        if not self.converts:
            old = self.graph.quantisation[self.tensor]
            new = replace(
                old,
                scale=old.scale if scale is None else np.asarray(scale, np.float32).reshape(-1),
                zero_point=old.zero_point if zero is None else np.asarray(zero, np.int64).reshape(-1),
                axis=old.axis if axis is None else axis,
            )
            return (SetScheme(self.tensor, new),)
        edits: tuple[Edit, ...] = ()
        if scale is not None:
            other = constant_edits(self.graph, self.node, 1, np.asarray(scale).reshape(self.scale.shape))
            edits += (*other, *self._of_biases(other))
        if zero is not None:
            edits += self._zero(np.asarray(zero))
        if axis is not None:
            edits += (SetAttribute(self.node.outputs[0], "axis", axis),)
        return edits

    def _of_biases(self, edits: tuple[Edit, ...]) -> Iterator[Edit]:
        """The same other scale where it is a factor of the scale of a bias, beside what the tensor goes into."""
        name = next((edit.tensor for edit in edits if isinstance(edit, SetInput)), "")
        for user in self.graph.users(self.node.outputs[0]) if name else ():
            for other in user.inputs:
                taken = self.graph.producer(other) if other else None
                if taken is None or taken.op != "DequantizeLinear" or taken is self.node:
                    continue
                product = self.graph.producer(taken.inputs[1])
                if product is not None and product.op == "Mul" and self.node.inputs[1] in product.inputs:
                    yield SetInput(product.outputs[0], product.inputs.index(self.node.inputs[1]), name)

    def _zero(self, zero: Array) -> tuple[Edit, ...]:
        stored = len(self.node.inputs) > 2 and bool(self.node.inputs[2])
        if stored:
            return constant_edits(self.graph, self.node, 2, zero.reshape(self.zero.shape))
        name = fresh(self.graph, f"{self.node.outputs[0]} zero point")
        kind = np.uint8 if self.codes is None else self.codes.dtype
        value = np.broadcast_to(zero, self.scale.shape).astype(kind)
        return ReplaceNodes((), (), {name: value}), SetInput(self.node.outputs[0], 2, name)


def grids(graph: Graph, nodes: tuple[Node, ...]) -> Iterator[Grid]:
    """The grids of what some nodes read and make, each once."""
    seen = set()
    for node in nodes:
        if node.op in _OPERATORS and node.inputs[1] in graph.constants:
            scale = graph.constants[node.inputs[1]]
            zero = graph.constants.get(node.inputs[2]) if len(node.inputs) > 2 and node.inputs[2] else None
            codes = graph.constants.get(node.inputs[0])
            missing = np.zeros(scale.shape, np.int64) if zero is None else zero
            yield Grid(graph, node, node.inputs[0], codes, scale, missing, node.attributes.get("axis", 1), True)
        for name in (*node.inputs, *node.outputs):
            if name in graph.quantisation and name not in seen:
                seen.add(name)
                held = graph.quantisation[name]
                codes = graph.constants.get(name)
                yield Grid(graph, node, name, codes, held.scale, held.zero_point, held.axis, False)

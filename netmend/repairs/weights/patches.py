"""A linear layer as a matrix times patches: one form for fully connected layers, convolutions and projections.

    z[n, position, group, output] = sum over d of matrix[group, output, d] * patches[n, position, group, d] + bias

A fully connected layer has one position and one group; a layer on a sequence has a position for each token; a
convolution has one for each place of its window, and patches are what the window sees there.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from netmend.core.errors import UsageError
from netmend.network.graph import Graph
from netmend.network.layers import LinearLayer
from netmend.repairs.weights.requirements._base import Array

if TYPE_CHECKING:
    from torch import Tensor

EPSILON = 1e-5
"""Of a layer normalisation that names none: the default of ONNX."""


@dataclass(frozen=True, slots=True)
class Patches:
    """How the input, the output and the weight of one layer are read as patches, positions and a matrix.

    Attributes:
        groups, outputs, width: G, o and d of the matrix (G, o, d).
        order: axes of the stored weight in the order (out, in, ...). shape: of the weight in that order.
        part: first row of the layer in the stored weight, and all rows of that, where it holds more than the layer's.
        convolution: attributes of the convolution; None for a fully connected layer.
        epsilon: of a layer normalisation, whose patches are normalised numbers, a group each; None for other layers.
    """

    groups: int
    outputs: int
    width: int
    order: tuple[int, ...]
    shape: tuple[int, ...]
    convolution: Mapping[str, Any] | None = None
    epsilon: float | None = None
    part: tuple[int, int] | None = None

    def unfold(self, inputs: Tensor) -> Tensor:
        """The patches (N, P, G, d) of inputs of the layer, (N, ...); P counts all axes between points and channels."""
        if self.epsilon is not None:
            middle = inputs - inputs.mean(-1, keepdim=True)
            normal = middle / ((middle * middle).mean(-1, keepdim=True) + self.epsilon).sqrt()
            return normal.reshape(len(inputs), -1, self.groups, 1)
        if self.convolution is None:
            return inputs.reshape(len(inputs), -1, 1, self.width)
        from torch.nn import functional

        points = len(inputs)
        inputs = inputs.flatten(0, inputs.ndim - len(self.shape))
        if inputs.ndim == 3:
            inputs = inputs.unsqueeze(2)
        kernel, stride, dilation, pads = _window(self.convolution, self.shape, inputs.shape[2:])
        if kernel == stride == (1, 1) and self.groups == 1 and not any(pads):
            return inputs.flatten(2).transpose(1, 2).reshape(points, -1, 1, self.width)
        padded = functional.pad(inputs, (pads[1], pads[3], pads[0], pads[2]))
        columns = functional.unfold(padded, kernel, dilation=dilation, stride=stride)
        columns = columns.reshape(len(inputs), self.groups, self.width, -1).permute(0, 3, 1, 2)
        return columns.reshape(points, -1, self.groups, self.width)

    def positions(self, outputs: Tensor) -> Tensor:
        """A tensor shaped like the output of the layer, (N, ...), as (N, P, G, o)."""
        if self.convolution is None:
            return outputs.reshape(len(outputs), -1, self.groups, self.outputs)
        folded = outputs.flatten(0, outputs.ndim - len(self.shape))
        moved = folded.reshape(len(folded), self.groups, self.outputs, -1).permute(0, 3, 1, 2)
        return moved.reshape(len(outputs), -1, self.groups, self.outputs)

    def matrix(self, weight: Array) -> Array:
        """The stored weight of the layer as the matrix (G, o, d)."""
        rows = weight.transpose(self.order)
        if self.part is not None:
            rows = rows[self.part[0] : self.part[0] + self.shape[0]]
        return rows.reshape(self.groups, self.outputs, self.width)

    def weight(self, matrix: Array) -> Array:
        """The matrix (G, o, d) in the shape and the order of axes in which the weight is stored; zero in other rows."""
        rows: Array = matrix.reshape(self.shape)
        if self.part is not None:
            first, many = self.part
            behind = many - first - len(rows)
            rows = np.pad(rows, [(first, behind), *[(0, 0)] * (rows.ndim - 1)])
        return np.ascontiguousarray(rows.transpose(np.argsort(self.order)))


def patches_of(graph: Graph, layer: LinearLayer) -> Patches:
    """How to read a layer of a graph.

    Raises:
        UsageError: a kind of layer whose weights cannot be changed here.
    """
    if layer.shared_with:
        others = ", ".join(layer.shared_with)
        hint = "choose another layer with --layer"
        raise UsageError("the weights of this layer are shared", where=f"{layer.name}, with {others}", hint=hint)
    node = next(each for each in graph.nodes if each.name == layer.node)
    stored = graph.constants[layer.weight].shape
    shape = tuple(stored[axis] for axis in layer.order)
    part = None
    if layer.part is not None:
        part, shape = (layer.part[0], shape[0]), (layer.part[1] - layer.part[0], *shape[1:])
    if node.op == "Conv":
        if len(shape) not in (3, 4):
            hint = "choose another layer with --layer"
            raise UsageError("only convolutions in one or two dimensions can be repaired", where=layer.name, hint=hint)
        groups = int(node.attributes.get("group", 1))
        width = int(np.prod(shape[1:]))
        return Patches(groups, shape[0] // groups, width, layer.order, shape, node.attributes, part=part)
    outputs, width = layer.out_features, layer.in_features
    if layer.kind == "scale":
        return Patches(outputs, 1, 1, layer.order, shape, epsilon=float(node.attributes.get("epsilon", EPSILON)))
    return Patches(1, outputs, width, layer.order, shape, part=part)


def _window(
    attributes: Mapping[str, Any], weight: tuple[int, ...], size: tuple[int, ...]
) -> tuple[tuple[int, int], tuple[int, int], tuple[int, int], tuple[int, int, int, int]]:
    """Kernel, stride and dilation in two dimensions, and pads (top, left, bottom, right)."""
    flat = len(weight) == 3

    def two(name: str) -> tuple[int, int]:
        given = [int(each) for each in attributes.get(name) or [1] * (len(weight) - 2)]
        return (1, given[0]) if flat else (given[0], given[1])

    kernel = (1, weight[2]) if flat else (weight[2], weight[3])
    stride, dilation = two("strides"), two("dilations")
    given = attributes.get("auto_pad") or "NOTSET"
    auto = given.decode() if isinstance(given, bytes) else given
    if auto in ("SAME_UPPER", "SAME_LOWER"):
        pads = []
        for axis in range(2):
            out = -(-size[axis] // stride[axis])
            total = max(0, (out - 1) * stride[axis] + (kernel[axis] - 1) * dilation[axis] + 1 - size[axis])
            less, more = total // 2, total - total // 2
            pads.append((less, more) if auto == "SAME_UPPER" else (more, less))
        return kernel, stride, dilation, (pads[0][0], pads[1][0], pads[0][1], pads[1][1])
    if auto == "VALID" or not attributes.get("pads"):
        return kernel, stride, dilation, (0, 0, 0, 0)
    pads_given = [int(each) for each in attributes["pads"]]
    if flat:
        return kernel, stride, dilation, (0, pads_given[0], 0, pads_given[1])
    return kernel, stride, dilation, (pads_given[0], pads_given[1], pads_given[2], pads_given[3])

"""What a network computes at its layers, part by part so that it fits into memory; with gradients if wanted."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from netmend.network.backends._base import named
from netmend.network.graph import Graph
from netmend.network.layers import LinearLayer
from netmend.repairs.weights.layer_choice._base import Context
from netmend.repairs.weights.patches import patches_of
from netmend.repairs.weights.placing import PLAIN, Place, placed, probed
from netmend.repairs.weights.requirements._base import Array
from netmend.repairs.weights.specification import Inputs
from netmend.repairs.weights.window import CHUNK_BYTES, chunk_of

if TYPE_CHECKING:
    import torch
    from torch import Tensor

_ACTIVATIONS = {
    "Relu", "LeakyRelu", "PRelu", "Elu", "Celu", "Selu", "ThresholdedRelu", "Sigmoid", "HardSigmoid", "HardSwish",
    "Swish", "Tanh", "Softplus", "Softsign", "Mish", "Gelu", "Clip",
}  # fmt: skip
# What may stand between a layer and its activation.
_BETWEEN = {"BatchNormalization", "Identity", "Dropout"}


@dataclass(frozen=True, slots=True, eq=False)
class Part:
    """Some of the points: the tensors that were asked for, and the values that the requirement reads, (n, C).

    Attributes:
        tensors: as they are computed. places: where the points are in them.
    """

    points: slice
    tensors: Mapping[str, Tensor]
    values: Tensor
    places: Mapping[str, Place] = field(default_factory=dict)

    def first(self, name: str, value: Tensor | None = None) -> Tensor:
        """A tensor, or another one of its shape, with the points along its first axis, without its history."""
        return self.places.get(name, PLAIN).first(self.tensors[name] if value is None else value).detach()


def passes(
    context: Context,
    inputs: Inputs,
    tensors: Sequence[str] = (),
    *,
    gradients: bool = False,
    dtype: torch.dtype | None = None,
) -> Iterator[Part]:
    """Evaluate a network part by part.

    Args:
        gradients: keep what is needed to differentiate with respect to tensors at or behind a candidate's output.
        dtype: float64 by default.
    """
    import torch

    from netmend.network.evaluate import as_tensor, constant_tensor, forward

    graph = context.network.graph
    arrays = named(graph, inputs)
    fed = {name: as_tensor(array) for name, array in arrays.items()}
    many, step, places = len(next(iter(arrays.values()))), chunk_of(probed(graph, arrays)), placed(graph, arrays)
    weights = {}
    if gradients:
        for layer in context.layers:
            stored = constant_tensor(graph, layer.weight, dtype or torch.float64)
            weights[layer.weight] = stored.clone().requires_grad_()
    for start in range(0, many, step):
        points = slice(start, min(start + step, many))
        with torch.set_grad_enabled(gradients):
            given = {name: value[points] for name, value in fed.items()}
            found = forward(graph, given, constants=weights, keep=[*tensors, context.output], dtype=dtype)
            values = found[context.output].reshape(points.stop - start, -1) - context.threshold
        yield Part(points, found, values, places)


def outputs_at(context: Context, inputs: Inputs) -> Array:
    """The values that the requirement reads, (N, C), in float64."""
    return np.concatenate([part.values.numpy() for part in passes(context, inputs)])


def feature_of(graph: Graph, layer: LinearLayer, output: str) -> str:
    """The tensor after the activation that follows a layer; the layer's own output where none does.

    Args:
        output: what the requirement reads: nothing behind it is looked at.
    """
    tensor = layer.output
    while tensor != output:
        users = graph.users(tensor)
        if len(users) != 1 or users[0].op not in _ACTIVATIONS | _BETWEEN or users[0].inputs[0] != tensor:
            break
        tensor = users[0].outputs[0]
        if users[0].op in _ACTIVATIONS:
            return tensor
    return layer.output


def features_of(context: Context) -> list[str]:
    """The feature tensor of every candidate."""
    return [feature_of(context.network.graph, layer, context.output) for layer in context.layers]


def by_position(layer: LinearLayer, tensor: Tensor) -> Tensor:
    """The input, output or feature tensor of a layer, (n, ...), as (n, positions, units)."""
    units = tensor.movedim(1 - len(layer.order), -1) if layer.kind == "conv" else tensor
    return units.reshape(len(units), -1, units.shape[-1])


def vectors(context: Context, inputs: Inputs, tensors: Sequence[str]) -> list[Array]:
    """One tensor for each candidate as one vector for each point, (N, units): positions are averaged."""
    found: list[list[Array]] = [[] for _ in tensors]
    for part in passes(context, inputs, tensors):
        for pieces, layer, name in zip(found, context.layers, tensors, strict=True):
            pieces.append(by_position(layer, part.first(name)).mean(dim=1).numpy())
    return [np.concatenate(pieces) for pieces in found]


@dataclass(frozen=True, slots=True, eq=False)
class Slope:
    """The gradients of some points' losses with respect to one layer's weight, as patches (n, P, G, d) and cotangents
    at the layer's output (n, P, G, o). Where there is one position, norms and squares need no gradient written out."""

    patches: Tensor
    cotangents: Tensor

    def total(self) -> Array:
        """Their sum, (G, o, d)."""
        import torch

        summed: Array = torch.einsum("npgo,npgd->god", self.cotangents, self.patches).numpy()
        return summed

    def squared(self) -> Array:
        """The sum of their squares, entry by entry, (G, o, d)."""
        import torch

        if self.patches.shape[1] == 1:
            pair = self.cotangents**2, self.patches**2
            summed: Array = torch.einsum("npgo,npgd->god", *pair).numpy()
            return summed
        whole: Array = sum((each**2).sum(axis=0) for each in self._each())
        return whole

    def lengths(self) -> Array:
        """Their Frobenius norms, (n,)."""
        if self.patches.shape[1] == 1:
            sizes = (self.cotangents**2).sum(dim=(1, 3)) * (self.patches**2).sum(dim=(1, 3))
            found: Array = sizes.sum(dim=1).sqrt().numpy()
            return found
        return np.concatenate([np.sqrt((each**2).sum(axis=(1, 2, 3))) for each in self._each()])

    def _each(self) -> Iterator[Array]:
        """Those of single points, (k, G, o, d), as many at once as fit into memory."""
        import torch

        groups, width = self.patches.shape[2:]
        step = max(1, CHUNK_BYTES // (8 * groups * width * self.cotangents.shape[3]))
        for start in range(0, len(self.patches), step):
            pair = self.cotangents[start : start + step], self.patches[start : start + step]
            yield torch.einsum("npgo,npgd->ngod", *pair).numpy()


def slopes(context: Context, part: Part, losses: Tensor) -> Iterator[Slope]:
    """The gradients of losses (n,) of a part with respect to the weight of each candidate, one layer at a time.

    Args:
        part: evaluated with gradients, inputs and outputs of all candidates among its tensors.
    """
    import torch

    reached = torch.autograd.grad(
        losses.sum(), [part.tensors[layer.output] for layer in context.layers], allow_unused=True, retain_graph=True
    )
    for layer, slope in zip(context.layers, reached, strict=True):
        form = patches_of(context.network.graph, layer)
        whole = torch.zeros_like(part.tensors[layer.output]) if slope is None else slope
        yield Slope(form.unfold(part.first(layer.input)), form.positions(part.first(layer.output, whole)))


def ends(context: Context) -> list[str]:
    """Inputs and outputs of all candidates: what `slopes` needs."""
    return [name for layer in context.layers for name in (layer.input, layer.output)]


def weight_of(context: Context, layer: LinearLayer) -> Array:
    """The weight of a layer as the matrix (G, o, d), in float64."""
    graph = context.network.graph
    return patches_of(graph, layer).matrix(graph.constants[layer.weight].astype(np.float64))


def drawn(context: Context, many: int, most: int) -> Array:
    """Up to `most` of so many points, without replacement, in ascending order."""
    chosen: Array = np.sort(np.random.default_rng(context.seed).permutation(many)[:most])
    return chosen

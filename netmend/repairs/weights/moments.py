"""Second moments of the inputs of layers over reference inputs: what the covariance norm weighs a change by."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

from netmend.network.graph import Graph
from netmend.network.layers import LinearLayer
from netmend.repairs.weights.patches import patches_of
from netmend.repairs.weights.placing import probed
from netmend.repairs.weights.requirements._base import Array
from netmend.repairs.weights.window import lively_chunk, products

if TYPE_CHECKING:
    from torch import Tensor

MOST_INPUTS = 5_000
"""Reference inputs that are looked at; with 5,000 a moment of 784 numbers is known to about one per cent."""

MOST_PATCHES = 200_000
"""Patches of one layer that are looked at: of a convolution each input has one for every place of its window."""

PRODUCTS, FEWEST = 4e10, 32
"""Multiplications of one pass over the reference inputs, two to four seconds on one core, unless the fewest inputs take
more. With 57 in place of 96 inputs, SqueezeNet 1.1 lost 2 and not 1 of 96 held-out images (own measurement)."""


def second_moments(
    graph: Graph,
    layers: Sequence[LinearLayer],
    inputs: Mapping[str, Array],
    before: Callable[[Mapping[str, Array]], Mapping[str, Tensor]] | None = None,
) -> dict[str, Array]:
    """The mean of a a' over patches a of each layer, (G, d, d), by the name of the layer's node.

    Args:
        inputs: of the graph, by name. All layers are met in one pass, in float32: it is only a weighting, and on
            convolutions that is several times faster.
        before: the inputs of the layers for some of these inputs, in float32, where they may be known already.
    """
    import torch

    from netmend.network.evaluate import as_tensor, forward

    probe = probed(graph, inputs)
    affordable = max(FEWEST, int(PRODUCTS / max(products(graph, probe), 1)))
    points = min(MOST_INPUTS, affordable, len(next(iter(inputs.values()))))
    step = lively_chunk(graph, probe)
    forms = {layer.node: patches_of(graph, layer) for layer in layers}
    sums: dict[str, Array] = {}
    seen = dict.fromkeys(forms, 0)
    for start in range(0, points, step):
        part = {name: array[start : min(start + step, points)] for name, array in inputs.items()}
        with torch.no_grad():
            wanted = [layer for layer in layers if seen[layer.node] < MOST_PATCHES]
            if not wanted:
                break
            if before is not None:
                met = before(part)
            else:
                fed = {name: as_tensor(array) for name, array in part.items()}
                met = forward(graph, fed, keep=[layer.input for layer in wanted], dtype=torch.float32)
            for layer in wanted:
                patches = forms[layer.node].unfold(met[layer.input])
                groups, width = patches.shape[2:]
                flat = patches.permute(2, 0, 1, 3).reshape(groups, -1, width)
                total = (flat.transpose(1, 2) @ flat).double().numpy()
                sums[layer.node] = sums.get(layer.node, 0) + total
                seen[layer.node] += flat.shape[1]
    return {node: total / seen[node] for node, total in sums.items()}

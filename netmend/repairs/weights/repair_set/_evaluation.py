"""What an analysis evaluates of a network, on no more points than it can without making a person wait."""

from __future__ import annotations

import numpy as np

from netmend.network.backends._base import named
from netmend.network.layers import LinearLayer, linear_layers
from netmend.repairs.weights.placing import placed, probed
from netmend.repairs.weights.repair_set._base import Look
from netmend.repairs.weights.requirements._base import Array, Indices
from netmend.repairs.weights.specification import arrays, take
from netmend.repairs.weights.window import chunk_of, products

PRODUCTS = 3e9
"""Multiplications of the layers in one analysis: one to two seconds on one core in float64 (own measurement)."""

FEWEST = 10
"""Points below which a sample is not worth looking at (own choice)."""


def affordable(look: Look, among: Indices | None = None) -> tuple[Indices, str]:
    """As many points as can be evaluated in one or two seconds, ascending; none, and why, if that is too few.

    Args:
        among: the points to choose from; None for all.
    """
    every = np.arange(len(look.specification)) if among is None else among
    if look.network is None:
        return np.zeros(0, dtype=np.intp), "the network is not given"
    graph = look.network.graph
    probe = probed(graph, named(graph, take(look.specification.inputs, slice(0, 1))))
    each = products(graph, probe)
    most = int(PRODUCTS / max(each, 1))
    if most < min(FEWEST, len(every)):
        return np.zeros(0, dtype=np.intp), f"one point takes {each:.2g} multiplications"
    chosen: Indices = np.sort(np.random.default_rng(look.seed).permutation(every)[:most])
    return chosen, ""


def relu_signs(look: Look, points: Indices) -> Array | None:
    """Whether each unit of each ReLU (behind the layer that is looked at) is active, (n, units); None without ReLUs."""
    import torch

    from netmend.network.evaluate import as_tensor, forward

    assert look.network is not None
    graph = look.network.graph
    nodes = graph.nodes if look.layer is None else graph.after([look.layer.output])
    places = placed(graph, named(graph, take(look.specification.inputs, points)))
    names = [node.inputs[0] for node in nodes if node.op == "Relu" and node.inputs[0] in places]
    if not names:
        return None
    fed = {name: as_tensor(value) for name, value in named(graph, take(look.specification.inputs, points)).items()}
    step = chunk_of(probed(graph, {name: value.numpy() for name, value in fed.items()}))
    found = []
    with torch.no_grad():
        for start in range(0, len(points), step):
            met = forward(graph, {name: value[start : start + step] for name, value in fed.items()}, keep=names)
            found.append(
                np.concatenate([(places[name].first(met[name]) > 0).flatten(1).numpy() for name in names], axis=1)
            )
    return np.concatenate(found)


def looked_at_layer(look: Look) -> LinearLayer | None:
    """The layer that is looked at, or the last one that can be changed; None if there is none."""
    if look.layer is not None or look.network is None:
        return look.layer
    changeable = [
        layer
        for layer in linear_layers(look.network.graph)
        if layer.weight in look.network.parameters and not layer.shared_with
    ]
    return changeable[-1] if changeable else None


def inputs_of(look: Look, points: Indices) -> dict[str, Array]:
    """Inputs of the graph at some points, by name."""
    assert look.network is not None
    graph = look.network.graph
    return {
        name or graph.inputs[0].name: value for name, value in arrays(take(look.specification.inputs, points)).items()
    }

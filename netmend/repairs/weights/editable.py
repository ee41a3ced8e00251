"""Which layers of a network can be repaired, and why others cannot."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import prod
from typing import TYPE_CHECKING

from netmend.network.backends._base import Network
from netmend.network.graph import Graph
from netmend.network.layers import LinearLayer, linear_layers, normalisations
from netmend.repairs.weights.placing import Place

if TYPE_CHECKING:
    from torch import Tensor

RANKS = {"conv": (3, 4), "scale": (1,)}
"""Axes of a weight that can be changed, by kind of layer; any for those that are products of matrices."""


@dataclass(frozen=True, slots=True)
class Editable:
    """The layers of a network.

    Attributes:
        layers: candidates, in forward order. others: those that are repaired only if they are asked for by name: scale
            and shift of layer normalisations, few numbers that every answer depends on.
        excluded: why others cannot be, by name.
    """

    layers: tuple[LinearLayer, ...]
    others: tuple[LinearLayer, ...]
    excluded: Mapping[str, str]


def editable(network: Network, probe: Mapping[str, Tensor], places: Mapping[str, Place]) -> Editable:
    """Sort the layers of a network.

    Args:
        probe, places: every tensor for two points, and where these are in it (`netmend.repairs.weights.placing`).
    """
    graph, excluded = network.graph, _tables(network)
    usable: list[LinearLayer] = []
    for layer in (*linear_layers(graph), *normalisations(graph)):
        why = _why_not(network, layer, probe, places)
        if why:
            excluded[layer.name] = why
        else:
            usable.append(layer)
    layers = tuple(layer for layer in usable if layer.kind != "scale")
    return Editable(layers, tuple(layer for layer in usable if layer.kind == "scale"), excluded)


def _why_not(network: Network, layer: LinearLayer, probe: Mapping[str, Tensor], places: Mapping[str, Place]) -> str:
    if layer.weight not in network.parameters:
        return "the file cannot take its weight back"
    if layer.shared_with:
        return f"its weights are shared, with {', '.join(layer.shared_with)}"
    axes = network.graph.constants[layer.weight].ndim
    if axes not in RANKS.get(layer.kind, (axes,)):
        return f"its weight has {axes} axes; matrices and convolutions in one or two dimensions can be changed"
    if layer.output not in probe:
        return "no output depends on it"
    place = places.get(layer.input)
    if place is None:
        return "which of the rows that it sees belong to which point cannot be told"
    shape = probe[layer.input].shape
    summed = len(shape) - (axes - 1 if layer.kind == "conv" else 1)
    while layer.kind not in RANKS and prod(shape[summed:]) < layer.in_features:
        summed -= 1
    if place.axis >= summed:
        return "the points lie along an axis that it sums over"
    return ""


def _tables(network: Network) -> dict[str, str]:
    """Tables whose rows are looked up."""
    graph: Graph = network.graph
    why = "an embedding is looked up and not multiplied: its rows belong to single words, wherever they stand"
    tables = [node.inputs[0] for node in graph.nodes if node.op == "Gather" and node.inputs[0] in network.parameters]
    return {name.removesuffix(".weight"): why for name in tables if graph.constants[name].ndim == 2}

"""A graph evaluated node by node, where some values are given and others cannot be computed at all."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from netmend.core.errors import NetmendError
from netmend.network.evaluate import as_tensor, constant_tensor, evaluated
from netmend.network.graph import Array, Graph, Node
from netmend.network.ops._base import Call

if TYPE_CHECKING:
    import torch
    from torch import Tensor


MOST_AXES = 64
"""Axes that an array of NumPy may have; wrong shapes can ask for more."""


class Steps:
    """Evaluates single nodes of a graph.

    Attributes:
        dtype: the type of all floating-point tensors.
        failures: what was said of nodes that could not be evaluated, by first output.
    """

    def __init__(self, graph: Graph, dtype: torch.dtype) -> None:
        self.graph, self.dtype = graph, dtype
        self.failures: dict[str, str] = {}

    def typed(self, value: Array) -> Tensor:
        """An array as a tensor of this evaluation."""
        found = as_tensor(value)
        return found.to(self.dtype) if found.is_floating_point() else found

    def constant(self, name: str) -> Tensor:
        """A constant of the graph."""
        return constant_tensor(self.graph, name, self.dtype)

    def outputs(self, node: Node, *values: Mapping[str, Tensor | None]) -> dict[str, Tensor | None]:
        """The outputs of a node from the first mapping that has each input; None where they cannot be computed."""
        from netmend.network.tensors import torch

        given: list[Tensor | None] = []
        for name in node.inputs:
            held = next((each for each in values if name in each), None)
            if name and held is None:
                given.append(self.constant(name))
                continue
            value = held[name] if name and held is not None else None
            if name and value is None:
                return dict.fromkeys(filter(None, node.outputs))
            given.append(value)
        try:
            with torch.no_grad():
                found = evaluated(Call(node, tuple(given), self.graph.opset, self.dtype, self.graph.quantisation))
        except NetmendError as error:
            self.failures[node.outputs[0]] = error.what
            return dict.fromkeys(filter(None, node.outputs))
        return {
            name: value if value.ndim <= MOST_AXES else None
            for name, value in zip(node.outputs, found, strict=False)
            if name
        }

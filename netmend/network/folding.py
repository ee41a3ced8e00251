"""What does not depend on the inputs, computed once: exporters leave in a graph how a model stores its numbers."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

import numpy as np

from netmend.core.errors import NetmendError
from netmend.network.evaluate import as_tensor, evaluated
from netmend.network.graph import Array, Graph, Node
from netmend.network.ops._base import Call


def folded(graph: Graph, parameters: Collection[str]) -> Graph:
    """The graph without computations of shapes, and with parameters in the shapes in which they are read.

    What a parameter's numbers are and their order stay as they are, so that it can still be written back.
    """
    constants, names = dict(graph.constants), dict[str, str]()
    readers: dict[str, int] = {}
    for node in graph.nodes:
        for name in node.inputs:
            readers[name] = readers.get(name, 0) + 1
    outputs = {each.name for each in graph.outputs}
    kept = []
    for before in graph.nodes:
        node = replace(before, inputs=tuple(names.get(name, name) for name in before.inputs))
        name = node.outputs[0]
        if name in outputs:
            kept.append(node)
            continue
        if node.op in ("Reshape", "Identity") and node.inputs[0] in parameters and readers[before.inputs[0]] == 1:
            shaped = _reshaped(node, constants)
            if shaped is not None:
                constants[node.inputs[0]], names[name] = shaped, node.inputs[0]
                continue
        whole = _computed(graph, node, constants) if not any(name in parameters for name in node.inputs) else None
        if whole is None:
            kept.append(node)
        else:
            constants |= whole
    return replace(graph, nodes=tuple(kept), constants=constants)


def _reshaped(node: Node, constants: dict[str, Array]) -> Array | None:
    value = constants[node.inputs[0]]
    if node.op == "Identity":
        return value
    shape = constants.get(node.inputs[1])
    return None if shape is None or 0 in shape else value.reshape(shape.tolist())


def _computed(graph: Graph, node: Node, constants: dict[str, Array]) -> dict[str, Array] | None:
    """What a node makes of constants; None if it reads something else, or makes anything but integers."""
    from netmend.network.tensors import torch

    if not node.inputs or any(name and name not in constants for name in node.inputs):
        return None
    given = tuple(as_tensor(constants[name]) if name else None for name in node.inputs)
    try:
        made = evaluated(Call(node, given, graph.opset, torch.float64, graph.quantisation))
    except NetmendError:
        return None
    found = {name: value.numpy() for name, value in zip(node.outputs, made, strict=False) if name}
    return found if all(np.issubdtype(value.dtype, np.integer) for value in found.values()) else None

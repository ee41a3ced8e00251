"""Changes of a network's structure: the one language in which a fault is injected, explained and mended.

An edit speaks of the graph alone. Each format writes what it can express of it (`Rewritable` in `backends/_base.py`).
Nodes are called by their first output, because names of nodes may repeat in a file and those of tensors may not.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from netmend.core.errors import BrokenFile
from netmend.network.graph import Array, Graph, Node, in_order
from netmend.network.quantisation import Scheme


@dataclass(frozen=True, slots=True)
class SetAttribute:
    """Another value of an attribute of a node; None takes it away, so that its default holds."""

    node: str
    name: str
    value: Any


@dataclass(frozen=True, slots=True, eq=False)
class SetConstant:
    """Another value of a constant, of any shape; the constant must be there.

    It is stored in the type that the constant has; real numbers for one that is quantised become the nearest codes.
    """

    constant: str
    value: Array


@dataclass(frozen=True, slots=True)
class SetInput:
    """Another tensor (or constant) as an input of a node; "" where an optional one is to be absent."""

    node: str
    index: int
    tensor: str


@dataclass(frozen=True, slots=True, eq=False)
class ReplaceNodes:
    """Other nodes in the place of some; of none, to insert.

    Attributes:
        nodes: first outputs of the nodes that go.
        by: what comes, in any order; it must make every tensor that is still used.
        constants: new ones that the new nodes read.
        quantisation: of new tensors and constants; others that new nodes make lie on the grid of what these read first.
    """

    nodes: tuple[str, ...]
    by: tuple[Node, ...]
    constants: Mapping[str, Array] = field(default_factory=dict)
    quantisation: Mapping[str, Scheme] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, eq=False)
class SetScheme:
    """Another grid for a tensor or constant whose integers stand for real numbers; the integers stay as they are."""

    tensor: str
    scheme: Scheme


Edit = SetAttribute | SetConstant | SetInput | ReplaceNodes | SetScheme


def edited(graph: Graph, edits: Iterable[Edit]) -> Graph:
    """The graph with edits, one after another, its nodes in an order in which they can be computed.

    Raises:
        KeyError: an edit names a node, constant or grid that is not there.
        BrokenFile: the result reads a tensor that nothing makes, or makes one twice, or has a cycle.
    """
    nodes = {node.outputs[0]: node for node in graph.nodes}
    constants = dict(graph.constants)
    quantisation = dict(graph.quantisation)
    for edit in edits:
        match edit:
            case SetAttribute(key, name, value):
                kept = {each: old for each, old in nodes[key].attributes.items() if each != name}
                nodes[key] = replace(nodes[key], attributes=kept if value is None else {**kept, name: value})
            case SetConstant(constant, value):
                if constant not in constants:
                    raise KeyError(constant)
                constants[constant] = _stored(value, constants[constant], quantisation.get(constant))
            case SetInput(key, index, tensor):
                inputs = [*nodes[key].inputs, *[""] * (index + 1 - len(nodes[key].inputs))]
                inputs[index] = tensor
                nodes[key] = replace(nodes[key], inputs=tuple(inputs))
            case SetScheme(tensor, scheme):
                if tensor not in quantisation:
                    raise KeyError(tensor)
                quantisation[tensor] = scheme
            case ReplaceNodes(gone, by, new, grids):
                for key in gone:
                    if nodes.pop(key, None) is None:
                        raise BrokenFile(f"no node makes the tensor {key!r}, which another is to make")
                for node in by:
                    if node.outputs[0] in nodes:
                        raise BrokenFile(f"two nodes make the tensor {node.outputs[0]!r}")
                    nodes[node.outputs[0]] = node
                constants.update(new)
                quantisation.update(grids)
                _inherit(by, quantisation)
    ordered = in_order(nodes.values(), [*constants, *(each.name for each in graph.inputs)])
    made = {name for node in ordered for name in node.outputs}
    lost = [each.name for each in graph.outputs if each.name not in made and each.name not in constants]
    if lost:
        raise BrokenFile(f"nothing makes the output {lost[0]!r}")
    return replace(graph, nodes=ordered, constants=constants, quantisation=quantisation)


def _stored(value: Array, before: Array, scheme: Scheme | None) -> Array:
    """A new value in the type of the old one, where both are real numbers or both are integers."""
    if scheme is not None and value.dtype.kind == "f":
        return scheme.codes(value)
    # Of types that NumPy does not know by itself some are integers of few bits.
    alike = (value.dtype.kind == "f") == (before.dtype.kind in "fV" and "int" not in before.dtype.name)
    return value.astype(before.dtype) if alike and value.dtype != before.dtype else value


def _inherit(nodes: Iterable[Node], quantisation: dict[str, Scheme]) -> None:
    """New tensors lie on the grid of the first input of what makes them, unless that takes them off the grids."""
    for node in nodes:
        grid = quantisation.get(node.inputs[0]) if node.inputs else None
        if grid is not None and node.op != "tflite:DEQUANTIZE":
            for name in node.outputs:
                quantisation.setdefault(name, grid)

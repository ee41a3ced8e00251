"""A network as nodes over named tensors, in the vocabulary of ONNX: the one form everything here is computed on.

References: the operators and their attributes are those of the ONNX specification (onnx.ai/onnx/operators).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from netmend.core.errors import BrokenFile
from netmend.network.quantisation import Scheme

Array = NDArray[Any]


@dataclass(frozen=True, slots=True)
class Node:
    """One operation.

    Attributes:
        name: the node's name in the file; the name of its first output if it has none there.
        op: operator of the standard domain ("Conv"), or "domain:Name" of another one.
        inputs: tensor names; "" where an optional input is absent.
        outputs: tensor names; "" where an optional output is not asked for.
        attributes: numbers, strings, lists of them, or arrays.
    """

    name: str
    op: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    attributes: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Signature:
    """Name, shape (None where any length will do) and NumPy type name of an input or output."""

    name: str
    shape: tuple[int | None, ...]
    dtype: str


@dataclass(frozen=True, slots=True, eq=False, weakref_slot=True)
class Graph:
    """A network without state: what goes in, what is computed in which order, with which constants.

    Attributes:
        nodes: in an order in which every tensor is computed before it is used.
        constants: initialisers and Constant nodes, as they are stored.
        inputs: what must be fed; the first axis is the batch.
        opset: version of the standard operators.
        quantisation: tensors and constants that are stored as integers and stand for real numbers. They are evaluated
            as real numbers on their grid; constants are kept as integers.
        ranges: tensors that are put on a grid of 256 numbers which reaches over their own, whatever is in the batch.
        rows: how many inputs the file takes at once, no more and no fewer; None for any number. The graph takes any.
    """

    nodes: tuple[Node, ...]
    constants: Mapping[str, Array]
    inputs: tuple[Signature, ...]
    outputs: tuple[Signature, ...]
    opset: int
    quantisation: Mapping[str, Scheme] = field(default_factory=dict)
    rows: int | None = None
    ranges: frozenset[str] = frozenset()

    @property
    def on_grids(self) -> bool:
        """Whether tensors or constants stand on grids."""
        return bool(self.quantisation or self.ranges)

    def with_constants(self, changed: Mapping[str, Array]) -> Graph:
        """The same network with other values of some constants.

        Raises:
            KeyError: one of them is not a constant of this graph.
            ValueError: one of them has another shape.
        """
        for name, value in changed.items():
            if np.shape(value) != self.constants[name].shape:
                raise ValueError(f"{name} has shape {self.constants[name].shape}, not {np.shape(value)}")
        return replace(self, constants={**self.constants, **changed})

    def after(self, tensors: Iterable[str]) -> tuple[Node, ...]:
        """The nodes that depend on any of these tensors, in order."""
        reached = set(tensors)
        found = []
        for node in self.nodes:
            if not reached.isdisjoint(node.inputs):
                found.append(node)
                reached.update(node.outputs)
        return tuple(found)

    def producer(self, tensor: str) -> Node | None:
        """The node that computes a tensor; None for inputs and constants."""
        return next((node for node in self.nodes if tensor and tensor in node.outputs), None)

    def users(self, tensor: str) -> tuple[Node, ...]:
        """The nodes that read a tensor directly."""
        return tuple(node for node in self.nodes if tensor in node.inputs)


def in_order(nodes: Iterable[Node], known: Iterable[str]) -> tuple[Node, ...]:
    """The nodes in an order in which every tensor is computed before it is used.

    Args:
        known: inputs and constants.

    Raises:
        BrokenFile: a tensor is computed twice, never, or from itself.
    """
    ready = {"", *known}
    waiting = list(nodes)
    outputs = [name for node in waiting for name in node.outputs if name]
    if len(set(outputs)) < len(outputs) or not ready.isdisjoint(outputs):
        twice = next(name for i, name in enumerate(outputs) if name in ready or name in outputs[:i])
        raise BrokenFile(f"the network computes the tensor {twice!r} twice", hint="export it again")
    ordered: list[Node] = []
    while waiting:
        later = []
        for node in waiting:
            if ready.issuperset(node.inputs):
                ordered.append(node)
                ready.update(node.outputs)
            else:
                later.append(node)
        if len(later) == len(waiting):
            missing = next(name for name in later[0].inputs if name not in ready)
            raise BrokenFile(
                f"nothing computes the tensor {missing!r}, or only itself",
                where=f"node {later[0].name!r} ({later[0].op})",
                hint="the file is damaged: export it again",
            )
        waiting = later
    return tuple(ordered)

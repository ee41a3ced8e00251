"""What turns the inputs that the target is fed into those that it should be fed: per channel a scale and a shift.

Fitted in closed form (linear least squares for each pair of channels), so that it is found whatever the constants are.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from netmend.network.edits import Edit, ReplaceNodes, SetInput
from netmend.network.graph import Array, Graph, Node

EXACT = 1e-4
"""Largest error of a fit, root mean square relative to the spread of the right input; single precision leaves 1e-7
(own choice)."""

GREY = 4e-3
"""The same where either side is whole grey levels: one of 255."""


@dataclass(frozen=True, slots=True, eq=False)
class Map:
    """right[..., c] = scale[c] * given[..., order[c]] + shift[c], along the axis of the channels.

    Attributes:
        axis: of the channels; None where one scale and shift serve all entries.
        error: what remains, root mean square relative to the spread.
    """

    axis: int | None
    order: tuple[int, ...]
    scale: Array
    shift: Array
    error: float

    @property
    def sentence(self) -> str:
        """What must be done to the input, for a person."""
        said = []
        if self.order != tuple(range(len(self.order))):
            swapped = self.order == (2, 1, 0)
            said.append("swap red and blue" if swapped else f"take the channels in the order {list(self.order)}")
        one, zero = np.allclose(self.scale, 1, rtol=1e-5), np.allclose(self.shift, 0, atol=1e-6)
        if not one:
            said.append(f"multiply by {_few(self.scale)}")
        if not zero:
            said.append(f"add {_few(self.shift)}")
        return ", then ".join(said) or "nothing"


def _few(values: Array) -> str:
    return f"{values[0]:.6g}" if np.allclose(values, values[0]) else "(" + ", ".join(f"{v:.6g}" for v in values) + ")"


def fitted(given: Array, right: Array) -> Map | None:
    """The map from one input to another; None if no scale, shift and order of channels brings them together."""
    if given.shape != right.shape:
        return None
    one, other = given.astype(np.float64), right.astype(np.float64)
    tolerance = GREY if given.dtype.kind != "f" or right.dtype.kind != "f" else EXACT
    axes = [axis for axis in (1, given.ndim - 1) if given.ndim > 2 and given.shape[axis] in (1, 3, 4)]
    found = [_by_channel(one, other, axis) for axis in dict.fromkeys(axes)] or [_by_channel(one, other, None)]
    best = min(found, key=lambda each: each.error)
    return best if best.error <= tolerance else None


def _by_channel(given: Array, right: Array, axis: int | None) -> Map:
    if axis is None:
        one, other = given.reshape(1, -1), right.reshape(1, -1)
    else:
        one, other = (np.moveaxis(each, axis, 0).reshape(given.shape[axis], -1) for each in (given, right))
    lines = [[_line(source, wanted) for source in one] for wanted in other]
    order = tuple(int(np.argmin([line[2] for line in row])) for row in lines)
    chosen = [row[at] for row, at in zip(lines, order, strict=True)]
    spread = float(other.std()) or 1.0
    error = float(np.sqrt(np.mean([line[2] ** 2 for line in chosen]))) / spread
    return Map(axis, order, np.array([line[0] for line in chosen]), np.array([line[1] for line in chosen]), error)


def _line(given: Array, right: Array) -> tuple[float, float, float]:
    """Scale, shift and what they leave, root mean square."""
    middle = given.mean()
    spread = float(np.mean((given - middle) ** 2))
    scale = float(np.mean((given - middle) * (right - right.mean()))) / spread if spread > 0 else 0.0
    shift = float(right.mean() - scale * middle)
    return scale, shift, float(np.sqrt(np.mean((scale * given + shift - right) ** 2)))


def wrapped(graph: Graph, name: str, found: Map) -> tuple[Edit, ...]:
    """Edits that put a map behind an input of floats, in operators of ONNX."""
    taken = {*graph.constants, *(each for node in graph.nodes for each in node.outputs)}
    rank = next(len(each.shape) for each in graph.inputs if each.name == name)
    shape = [1] * rank
    if found.axis is not None:
        shape[found.axis] = -1

    def fresh(what: str) -> str:
        made = f"{name}_{what}"
        while made in taken:
            made += "_"
        taken.add(made)
        return made

    constants: dict[str, Array] = {}
    nodes: list[Node] = []
    last = name

    def put(op: str, value: Array, what: str, attributes: Mapping[str, int] | None = None) -> None:
        nonlocal last
        held, made = fresh(f"{what}_by"), fresh(what)
        constants[held] = value
        nodes.append(Node(made, op, (last, held), (made,), attributes or {}))
        last = made

    if found.order != tuple(range(len(found.order))) and found.axis is not None:
        put("Gather", np.array(found.order, np.int64), "channels", {"axis": found.axis})
    if not np.allclose(found.scale, 1, rtol=1e-6):
        put("Mul", found.scale.astype(np.float32).reshape(shape), "scaled")
    if not np.allclose(found.shift, 0, atol=1e-7):
        put("Add", found.shift.astype(np.float32).reshape(shape), "shifted")
    if not nodes:
        return ()
    readers = [
        SetInput(node.outputs[0], at, last)
        for node in graph.nodes
        for at, each in enumerate(node.inputs)
        if each == name
    ]
    return (ReplaceNodes((), tuple(nodes), constants), *readers)

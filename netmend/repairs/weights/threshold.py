"""Where a single output turns from class 0 to class 1: at 0.5 if it can only lie between 0 and 1, else at 0.

That it can lie nowhere else is seen from the operators that make it, by intervals: a sigmoid, a hard one, a share of
softmax, a number cut off at 0 and 1, half of a hyperbolic tangent and one, and what is quantised or cut out of these.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from math import atanh, inf, log
from typing import TYPE_CHECKING

from netmend.network.graph import Graph, Node

if TYPE_CHECKING:
    from torch import Tensor

LAYOUT = ("Identity", "Flatten", "Reshape", "Squeeze", "Unsqueeze", "Dropout", "Cast")
"""What leaves the values of a point and their order as they are."""

# What takes some numbers, or moves them within the interval in which they are.
_TAKES = (*LAYOUT, "Transpose", "Slice", "Gather", "Split", "QuantizeLinear", "DequantizeLinear", "ReduceMean")
_RANGES = {"Sigmoid": (0.0, 1.0), "HardSigmoid": (0.0, 1.0), "Softmax": (0.0, 1.0), "Tanh": (-1.0, 1.0)}

_CUTS = ("Clip", "Max", "Min")

Interval = tuple[float, float]


def turning_point(graph: Graph) -> float:
    """The value of the first output, if it is a single number, above which it says class 1."""
    low, high = _span(graph, graph.outputs[0].name)
    return 0.5 if low >= 0 and high <= 1 else 0.0


def before_squashing(graph: Graph, tensor: str, value: float, probe: Mapping[str, Tensor]) -> tuple[str, float]:
    """A tensor before the last sigmoid, tanh or clipping, and the value there that becomes this one; else the same.

    What is squashed tells how far from turning a point is where the gradient behind it vanishes.

    Args:
        tensor: a number for each point. probe: every tensor for two points (`netmend.repairs.weights.placing`).
    """
    at, wanted, found = tensor, value, (tensor, value)
    while (node := graph.producer(at)) is not None and node.op not in ("Softmax", *_TAKES[len(LAYOUT) :]):
        given = [name for name in node.inputs if name in probe and _number(graph, name) is None]
        # A number for each point, along the first axis.
        if len(given) != 1 or probe[given[0]].numel() != 2 or probe[given[0]].shape[:1] != (2,):
            break
        if node.op not in LAYOUT:
            known = _inverse(graph, node)
            if known is None or not known[0] < wanted < known[1]:
                break
            wanted = known[2](wanted)
        at = given[0]
        if node.op in _RANGES:
            return at, wanted
        if node.op in _CUTS:
            found = at, wanted
    return found


def _inverse(graph: Graph, node: Node) -> tuple[float, float, Callable[[float], float]] | None:
    """The values between which a growing function of one number can be turned round, and how; None for others."""
    if node.op == "Sigmoid":
        return 0.0, 1.0, lambda value: log(value) - log(1 - value)
    if node.op == "HardSigmoid":
        slope, shift = float(node.attributes.get("alpha", 0.2)), float(node.attributes.get("beta", 0.5))
        return 0.0, 1.0, lambda value: (value - shift) / slope
    if node.op == "Tanh":
        return -1.0, 1.0, atanh
    if node.op in _CUTS:
        return *_limits(graph, node), lambda value: value
    number = _number(graph, node.inputs[1]) if len(node.inputs) > 1 else None
    if node.op in ("Add", "Mul") and number is None:
        number = _number(graph, node.inputs[0])
    if number is None or (node.op in ("Mul", "Div") and number <= 0):
        return None
    moves: dict[str, Callable[[float], float]] = {
        "Add": lambda value: value - number,
        "Sub": lambda value: value + number,
        "Mul": lambda value: value / number,
        "Div": lambda value: value * number,
    }
    return None if node.op not in moves else (-inf, inf, moves[node.op])


def _span(graph: Graph, tensor: str) -> Interval:
    """The interval in which all values of a tensor lie, as far as the last operators before it tell."""
    number = _number(graph, tensor)
    if number is not None:
        return number, number
    node = graph.producer(tensor)
    if node is None:
        return -inf, inf
    if node.op in _RANGES:
        return _RANGES[node.op]
    if node.op in _CUTS:
        low, high = _limits(graph, node)
        given = [name for name in node.inputs if name and _number(graph, name) is None]
        inner = _span(graph, given[0]) if len(given) == 1 else (-inf, inf)
        return max(low, inner[0]), min(high, inner[1])
    if node.op in _TAKES:
        return _span(graph, node.inputs[0])
    if node.op in ("Add", "Sub", "Mul", "Div") and len(node.inputs) == 2:
        return _combined(node.op, _span(graph, node.inputs[0]), _span(graph, node.inputs[1]))
    return -inf, inf


def _combined(op: str, one: Interval, other: Interval) -> Interval:
    if not all(abs(end) < inf for end in (*one, *other)) or (op == "Div" and other[0] <= 0 <= other[1]):
        return -inf, inf
    if op == "Add":
        return one[0] + other[0], one[1] + other[1]
    if op == "Sub":
        return one[0] - other[1], one[1] - other[0]
    ends = [a * b if op == "Mul" else a / b for a in one for b in other]
    return min(ends), max(ends)


def _limits(graph: Graph, node: Node) -> Interval:
    """Between which numbers a node leaves values as they are."""
    if node.op in ("Max", "Min"):
        stored = [number for name in node.inputs if (number := _number(graph, name)) is not None]
        return (max(stored, default=-inf), inf) if node.op == "Max" else (-inf, min(stored, default=inf))

    def limit(place: int, name: str, otherwise: float) -> float:
        if len(node.inputs) > place and node.inputs[place]:
            stored = _number(graph, node.inputs[place])
            return otherwise if stored is None else stored
        return float(node.attributes.get(name, otherwise))

    return limit(1, "min", -inf), limit(2, "max", inf)


def _number(graph: Graph, tensor: str) -> float | None:
    """A stored number, behind a change of its type."""
    node = graph.producer(tensor)
    while node is not None and node.op in ("Identity", "Cast", "CastLike"):
        tensor = node.inputs[0]
        node = graph.producer(tensor)
    value = graph.constants.get(tensor)
    if value is None or value.size != 1 or tensor in graph.quantisation:
        return None
    return float(value.astype(float).ravel()[0])

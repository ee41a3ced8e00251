"""Exact evaluation of networks of sums, products and maxima, in rational arithmetic.

All floating-point numbers are dyadic rationals, so sums, products and comparisons of them can be computed without any
rounding. A tensor is an array of Python integers and one common factor.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from fractions import Fraction
from math import gcd, lcm
from typing import Any

import numpy as np

from netmend.core.errors import UnsupportedModel
from netmend.network.evaluate import evaluated, walk
from netmend.network.graph import Array, Graph, Node
from netmend.network.ops._base import Call


@dataclass(frozen=True, slots=True)
class Exact:
    """A tensor of rational numbers.

    Attributes:
        numbers: Python integers, shape as the tensor. scale: what each of them is multiplied by; positive.
        whole: the tensor is one of integers, such as sizes.
    """

    numbers: Array
    scale: Fraction
    whole: bool = False

    @classmethod
    def of(cls, value: Array) -> Exact:
        """The very numbers that an array of floats or integers holds."""
        if value.dtype.kind in "iub":
            whole = np.array([int(each) for each in value.flat], object)
            return cls(whole.reshape(value.shape), Fraction(1), whole=True)
        # At least one axis: a scalar of NumPy would not become a Python integer, and would overflow in silence.
        mantissa, exponent = np.frexp(np.atleast_1d(value.astype(np.float64)))
        lowest = int(exponent[mantissa != 0].min(initial=0)) - 53
        whole = np.ldexp(mantissa, 53).astype(np.int64).astype(object)
        shift = np.maximum(exponent.astype(object) - 53 - lowest, 0)
        return cls(np.asarray(whole * 2**shift, object).reshape(value.shape), Fraction(2) ** lowest)

    def rounded(self) -> Array:
        """The nearest float64 numbers."""
        return np.array([float(each * self.scale) for each in self.numbers.reshape(-1)]).reshape(self.numbers.shape)

    def within(self, value: Array, error: Array) -> bool:
        """Whether |value - self| <= error holds everywhere, decided without rounding."""
        return all(
            limit == np.inf or abs(number * self.scale - Fraction(near)) <= Fraction(limit)
            for number, near, limit in zip(
                self.numbers.flat, value.ravel().tolist(), error.ravel().tolist(), strict=True
            )
        )

    def at(self, scale: Fraction) -> Array:
        """The integers for another factor, which divides this one."""
        times = self.scale / scale
        return np.asarray(self.numbers * times.numerator, object)


def evaluate_exactly(
    graph: Graph, feeds: Mapping[str, Array | Exact], *, keep: Collection[str] | None = None
) -> dict[str, Exact]:
    """The exact tensors of a network; `feeds` and `keep` as `netmend.network.evaluate.forward` takes them.

    Cost grows with depth: numbers get about 60 bits longer with every layer. 784-100-100-10 takes 20 ms a row.

    Raises:
        UnsupportedModel: an operator has no exact answer, such as a root or an exponential.
    """

    def apply(node: Node, inputs: tuple[Exact | None, ...]) -> tuple[Exact, ...]:
        if node.op == "Shape" or all(each is None or each.whole for each in inputs):
            return _sizes(graph, node, inputs)
        if node.op not in _OPERATORS:
            raise UnsupportedModel(
                f"{node.op} has no exact answer here",
                where=f"node {node.name!r}",
                hint=f"only networks of {', '.join(sorted(_OPERATORS))} can be evaluated exactly",
            )
        return (_OPERATORS[node.op](node, [each for each in inputs if each is not None]),)

    known = {name: value if isinstance(value, Exact) else Exact.of(value) for name, value in feeds.items()}
    return walk(graph, known, keep, lambda name: Exact.of(graph.constants[name]), apply)


def inexact(graph: Graph, keep: Collection[str]) -> Node | None:
    """The first node before these tensors whose operator has no exact answer; None if all have one."""
    found: list[Node] = []

    def apply(node: Node, whole: tuple[bool | None, ...]) -> tuple[bool, ...]:
        sizes = node.op == "Shape" or all(each is not False for each in whole)
        found.extend([] if sizes or node.op in _OPERATORS else [node])
        return (sizes,) * len(node.outputs)

    fed = {each.name: each.dtype.startswith(("int", "uint", "bool")) for each in graph.inputs}
    walk(graph, fed, keep, lambda name: graph.constants[name].dtype.kind in "iub", apply)
    return found[0] if found else None


def _sizes(graph: Graph, node: Node, inputs: tuple[Exact | None, ...]) -> tuple[Exact, ...]:
    """Integers computed from integers, or from a shape alone."""
    from netmend.network.tensors import torch

    given = (None if each is None else torch.from_numpy(_integers(each)) for each in inputs)
    answers = evaluated(Call(node, tuple(given), graph.opset, torch.float64))
    return tuple(Exact.of(answer.numpy()) for answer in answers)


def _integers(value: Exact) -> Array:
    """A tensor of integers; one of other numbers as zeros, of which the shape alone counts."""
    return value.numbers.astype(np.int64) if value.whole else np.zeros(value.numbers.shape, np.int64)


def _together(values: list[Exact]) -> tuple[list[Array], Fraction]:
    """Integers of several tensors for one factor."""
    below = lcm(*(each.scale.denominator for each in values))
    # All factors are whole multiples of 1 / below, and of the greatest common divisor of these.
    scale = Fraction(gcd(*(int(each.scale * below) for each in values)), below)
    return [each.at(scale) for each in values], scale


def _sum(first: Exact, second: Exact, sign: int = 1) -> Exact:
    (left, right), scale = _together([first, second])
    return Exact(left + sign * right, scale)


def _quotient(top: Exact, bottom: Exact) -> Exact:
    if not all(bottom.numbers.reshape(-1)):
        raise UnsupportedModel("a division by zero has no exact answer")
    common = lcm(*(int(each) for each in bottom.numbers.reshape(-1)))
    inverse = np.frompyfunc(lambda each: common // each, 1, 1)(bottom.numbers)
    return Exact(top.numbers * inverse, top.scale / bottom.scale / common)


def _gemm(node: Node, values: list[Exact]) -> Exact:
    left, right = values[0].numbers, values[1].numbers
    left = left.T if node.attributes.get("transA", 0) else left
    right = right.T if node.attributes.get("transB", 0) else right
    product = _times(Exact(left.dot(right), values[0].scale * values[1].scale), node.attributes.get("alpha", 1.0))
    return product if len(values) < 3 else _sum(product, _times(values[2], node.attributes.get("beta", 1.0)))


def _times(value: Exact, factor: float) -> Exact:
    exact = Fraction(factor)
    return Exact(value.numbers * exact.numerator, value.scale / exact.denominator)


def _windows(value: Array, window: Collection[int], node: Node, filler: int) -> Array:
    """Every window along two new last axes: shape (rows, channels, height, width, *window)."""
    if len(window) != 2 or node.attributes.get("auto_pad", "NOTSET") != "NOTSET" or node.attributes.get("ceil_mode", 0):
        raise UnsupportedModel(f"{node.op} with these attributes is not evaluated exactly", where=f"node {node.name!r}")
    pads = node.attributes.get("pads", [0] * 4)
    strides, steps = (list(node.attributes.get(name) or [1, 1]) for name in ("strides", "dilations"))
    height, width = value.shape[2:]
    wide = np.full((*value.shape[:2], height + pads[0] + pads[2], width + pads[1] + pads[3]), filler, object)
    wide[:, :, pads[0] : pads[0] + height, pads[1] : pads[1] + width] = value
    reach = [step * (size - 1) + 1 for step, size in zip(steps, window, strict=True)]
    views = np.lib.stride_tricks.sliding_window_view(wide, reach, axis=(2, 3))
    chosen: Array = views[:, :, :: strides[0], :: strides[1], :: steps[0], :: steps[1]]
    return chosen


def _conv(node: Node, values: list[Exact]) -> Exact:
    weight = values[1].numbers
    windows = _windows(values[0].numbers, weight.shape[2:], node, 0)
    groups = node.attributes.get("group", 1)
    ins, outs = windows.shape[1] // groups, weight.shape[0] // groups
    columns = windows.transpose(0, 2, 3, 1, 4, 5)
    parts = [
        columns[..., place * ins : (place + 1) * ins, :, :].reshape(*columns.shape[:3], -1)
        @ weight[place * outs : (place + 1) * outs].reshape(outs, -1).T
        for place in range(groups)
    ]
    product = Exact(np.concatenate(parts, axis=-1).transpose(0, 3, 1, 2), values[0].scale * values[1].scale)
    if len(values) < 3:
        return product
    return _sum(product, Exact(values[2].numbers.reshape(-1, 1, 1), values[2].scale))


def _max_pool(node: Node, values: list[Exact]) -> Exact:
    numbers = values[0].numbers
    windows = _windows(numbers, node.attributes["kernel_shape"], node, numbers.min())
    return Exact(windows.reshape(*windows.shape[:4], -1).max(-1), values[0].scale)


def _reshape(node: Node, values: list[Exact]) -> Exact:
    target = [int(each) for each in values[1].numbers]
    shape = [values[0].numbers.shape[axis] if size == 0 else size for axis, size in enumerate(target)]
    return Exact(values[0].numbers.reshape(shape), values[0].scale)


def _flatten(node: Node, values: list[Exact]) -> Exact:
    numbers = values[0].numbers
    axis = node.attributes.get("axis", 1) % (numbers.ndim + 1)
    return Exact(numbers.reshape(int(np.prod(numbers.shape[:axis])), -1), values[0].scale)


def _extreme(choose: Any) -> Callable[[Node, list[Exact]], Exact]:
    def apply(node: Node, values: list[Exact]) -> Exact:
        numbers, scale = _together(values)
        return Exact(choose.reduce(np.broadcast_arrays(*numbers)), scale)

    return apply


def _clip(node: Node, values: list[Exact]) -> Exact:
    if len(values) != 3:
        raise UnsupportedModel("Clip without both limits is not evaluated exactly", where=f"node {node.name!r}")
    (value, low, high), scale = _together(values)
    return Exact(np.minimum(np.maximum(value, low), high), scale)


_OPERATORS: Mapping[str, Callable[[Node, list[Exact]], Exact]] = {
    "Add": lambda node, values: _sum(values[0], values[1]),
    "Sub": lambda node, values: _sum(values[0], values[1], sign=-1),
    "Mul": lambda node, values: Exact(values[0].numbers * values[1].numbers, values[0].scale * values[1].scale),
    "Div": lambda node, values: _quotient(values[0], values[1]),
    "Neg": lambda node, values: Exact(-values[0].numbers, values[0].scale),
    "MatMul": lambda node, values: Exact(values[0].numbers @ values[1].numbers, values[0].scale * values[1].scale),
    "Gemm": _gemm,
    "Conv": _conv,
    "MaxPool": _max_pool,
    "Relu": lambda node, values: Exact(np.maximum(values[0].numbers, 0), values[0].scale),
    "Clip": _clip,
    "Max": _extreme(np.maximum),
    "Min": _extreme(np.minimum),
    "Flatten": _flatten,
    "Reshape": _reshape,
    "Transpose": lambda node, values: Exact(values[0].numbers.transpose(node.attributes.get("perm")), values[0].scale),
    "Identity": lambda node, values: values[0],
}

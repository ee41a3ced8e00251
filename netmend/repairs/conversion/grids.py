"""How coarsely constants are stored: in half precision, as integers with a scale, as floats that were either."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from netmend.network.graph import Array, Graph, Node

FEWEST = 16
"""Numbers from which on a grid is believed: fewer lie on some grid by chance (own choice)."""

CODES = 256
"""Most values of a grid of eight bits."""

PEEK = 4 * CODES
"""Entries that are looked at first: most tensors show among these that they are on no grid, and large ones take
seconds to be sorted."""

SATURATED = 0.02
"""Share of entries beyond the ends of a tensor's grid up to which they are taken for outliers that were cut off on
purpose, as calibration by percentiles does; more is a wrong scale (own choice)."""

EARLY = 0.25
"""How far numbers may go beyond an end of a grid that was calibrated on other inputs, as a share of its width: wrong
scales differ by a factor of two or so, which makes half of the width or all of it (own choice)."""

_HALF = {"float16": 2.0**-11, "bfloat16": 2.0**-8}


def coarse(graph: Graph, source: Graph | None = None) -> dict[str, Array]:
    """By tensor, how far neighbouring numbers of its grid are apart; only constants, and what dequantises them.

    Numbers of single precision have no entry, and none that are numbers of the source, in whatever order.
    """
    found = _steps(graph)
    if source is None:
        return found
    sizes = {graph.constants[name].size for name in found if name in graph.constants}
    known: dict[int, list[Array]] = {}
    for value in source.constants.values():
        if value.dtype.kind == "f" and value.size in sizes:
            known.setdefault(value.size, []).append(np.sort(value, axis=None))
    for name in list(found):
        if name in graph.constants and graph.constants[name].size in known:
            scheme = graph.quantisation.get(name)
            value = graph.constants[name] if scheme is None else scheme.values(graph.constants[name])
            own, step = np.sort(value, axis=None), float(np.max(found[name]))
            if any(np.max(np.abs(own - each)) <= SAME * step for each in known[own.size]):
                del found[name]
    return found


SAME = 0.01
"""Share of a step by which numbers may differ that are the source's own: half a step is what rounding does."""


def _steps(graph: Graph) -> dict[str, Array]:
    found = {name: scheme_step(graph, name) for name in graph.constants if name in graph.quantisation}
    for name, value in graph.constants.items():
        # Of numbers in half precision their type says it, however few they are.
        believed = value.dtype.name in _HALF or (value.dtype.kind == "f" and value.size >= FEWEST)
        if name not in found and believed:
            step = step_of(value)
            if step is not None:
                found[name] = step
    for node in graph.nodes:
        step = _dequantised(graph, node)
        if step is not None:
            found[node.outputs[0]] = step
    return found


def scheme_step(graph: Graph, name: str) -> Array:
    """The scale of a quantised constant or tensor, in a shape that broadcasts over it."""
    scheme = graph.quantisation[name]
    if scheme.scale.size == 1 or name not in graph.constants:
        return scheme.scale.astype(np.float64).reshape(-1)[:1]
    shape = [1] * graph.constants[name].ndim
    shape[scheme.axis] = -1
    return scheme.scale.astype(np.float64).reshape(shape)


def range_step(value: Array) -> float:
    """The distance of neighbours of the 256 numbers that reach over a tensor's own, and zero."""
    return float(np.max(value, initial=0.0) - np.min(value, initial=0.0)) / (CODES - 1)


def step_of(value: Array) -> Array | None:
    """The distance of neighbours in the grid on which floating-point numbers lie; None if they lie on none."""
    if value.dtype.name in _HALF:
        return 2 * _HALF[value.dtype.name] * np.abs(value.astype(np.float64))
    numbers = value.astype(np.float64)
    if not np.isfinite(numbers).all() or not np.any(numbers):
        return None
    plain = numbers[numbers != np.round(numbers)]
    if plain.size < FEWEST:
        return None
    whole = _uniform(numbers.reshape(1, -1))
    if whole is not None:
        return whole.reshape(-1)
    for axis in dict.fromkeys((0, value.ndim - 1)) if value.ndim > 1 else ():
        rows = np.moveaxis(numbers, axis, 0).reshape(value.shape[axis], -1)
        steps = _uniform(rows) if rows.shape[1] >= FEWEST else None
        if steps is not None:
            shape = [1] * value.ndim
            shape[axis] = -1
            return steps.reshape(shape)
    if _halves(numbers.reshape(-1)[:PEEK]) and _halves(numbers):
        return 2 * _HALF["float16"] * np.abs(numbers)
    return None


def _halves(numbers: Array) -> bool:
    with np.errstate(over="ignore"):
        return np.array_equal(numbers, numbers.astype(np.float16).astype(np.float64))


def _uniform(rows: Array) -> Array | None:
    """For each row the distance of neighbours, if all of it are few multiples of one number."""
    steps = np.zeros(len(rows))
    for at, row in enumerate(rows):
        if len(np.unique(row[:PEEK])) > CODES:
            return None
        values = np.unique(row)
        if len(values) > CODES or (len(values) > len(row) // 2 and len(row) > 1):
            return None
        if len(values) == 1:
            continue
        gap = float(np.min(np.diff(values)))
        counts = row / gap
        if np.max(np.abs(counts)) > CODES or np.max(np.abs(counts - np.round(counts))) > 0.05:
            return None
        steps[at] = gap
    return steps if np.any(steps) else None


def _dequantised(graph: Graph, node: Node) -> Array | None:
    """The step of what a node makes of a constant that is stored more coarsely."""
    stored = graph.constants.get(node.inputs[0]) if node.inputs else None
    if stored is None:
        return None
    if node.op == "Cast" and stored.dtype.name in _HALF:
        return 2 * _HALF[stored.dtype.name] * np.abs(stored.astype(np.float64))
    if node.op == "DequantizeLinear":
        scale = scale_of(graph, node.inputs[1])
        return None if scale is None else spread(scale, stored.shape, node.attributes)
    return None


def scale_of(graph: Graph, name: str) -> Array | None:
    """A stored scale; of a bias it may be the product of two."""
    if name in graph.constants:
        return np.asarray(graph.constants[name], np.float64)
    maker = graph.producer(name)
    if maker is None or maker.op != "Mul" or any(each not in graph.constants for each in maker.inputs):
        return None
    first, second = (graph.constants[each].astype(np.float64) for each in maker.inputs)
    return np.asarray(first * second)


def spread(scale: Array, shape: tuple[int, ...], attributes: Mapping[str, Any]) -> Array:
    """Scales or zero points of DequantizeLinear in a shape that broadcasts over what it reads."""
    if scale.size == 1:
        return scale.reshape(-1)
    axis = int(attributes.get("axis", 1)) % len(shape)
    block = int(attributes.get("block_size", 0))
    if block:
        return np.take(np.repeat(scale, block, axis), range(shape[axis]), axis)
    if scale.ndim == 2 and len(shape) == 3:
        # One for each direction and gate of a recurrent layer.
        return scale[:, None]
    return scale.reshape([-1 if place == axis else 1 for place in range(len(shape))])


def ends(graph: Graph, name: str, rank: int) -> tuple[Array, Array] | None:
    """The least and the largest number that a quantised tensor can hold, to broadcast over it; None for others."""
    scheme = graph.quantisation.get(name)
    if scheme is None:
        return None
    codes = np.iinfo(scheme.dtype)
    lowest, highest = (scheme.values(np.full([1] * rank, each, np.int64)) for each in (codes.min, codes.max))
    return lowest, highest


def stored(graph: Graph, name: str, value: Array) -> Array | None:
    """A value as a tensor's grid holds it, cut off where it ends; None where it ends too early.

    It may for few outliers; of pairs in ONNX files, which stand around every operator, also for what goes a little
    beyond the numbers that they were calibrated on. Where a grid ends at zero, what is beyond is no such thing.
    """
    held = ends(graph, name, value.ndim)
    if held is None or value.dtype.kind != "f":
        return value
    cut = np.clip(value, *held)
    if np.mean(cut != value) <= SATURATED:
        return cut
    maker = graph.producer(name)
    if maker is None or maker.op != "DequantizeLinear" or held[0].size > 1:
        return None
    low, high = (float(each.reshape(-1)[0]) for each in held)
    below, above = max(0.0, low - float(value.min())), max(0.0, float(value.max()) - high)
    open_ = not (below and low == 0) and not (above and high == 0)
    return cut if open_ and max(below, above) <= EARLY * (high - low) else None


def noise(steps: Mapping[str, Array], shapes: Mapping[str, tuple[int, ...]], seed: int) -> dict[str, Array]:
    """For each tensor random numbers within half a step of zero: what rounding to the grid may have done."""
    random = np.random.default_rng(seed)
    # What is drawn for a tensor without axes is no array by itself.
    return {
        name: np.asarray(random.uniform(-0.5, 0.5, shapes[name]) * step)
        for name, step in steps.items()
        if name in shapes
    }

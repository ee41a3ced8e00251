"""Where the points are in the tensors of a network.

In most tensors they run along the first axis. Attention of PyTorch and sequences with time first have them along the
second; windows of pictures, patches of MobileViT and frames of films are folded together with the points into one axis.
Shapes tell the axis, and how often each point is in it; how points and places follow each other is seen by computing
two points together and one of them alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

import numpy as np

from netmend.core.errors import NetmendError
from netmend.network.graph import Graph
from netmend.network.layers import linear_layers, normalisations
from netmend.repairs.weights.requirements._base import Array

if TYPE_CHECKING:
    from torch import Tensor

CLOSE = 1e-6
"""Largest difference, as a share of the largest number, between a point alone and among others, in float64 (own choice:
far above rounding, far below what tells two points apart)."""

MOST = 64
"""Points among which another one is looked for."""

_Shapes = tuple[tuple[str, tuple[int, ...]], ...]

# What was found, so that a network is run for it once.
_PROBES: WeakKeyDictionary[Graph, dict[_Shapes, Mapping[str, Tensor]]] = WeakKeyDictionary()
_PLACES: WeakKeyDictionary[Graph, dict[_Shapes, Mapping[str, Place]]] = WeakKeyDictionary()


@dataclass(frozen=True, slots=True)
class Place:
    """An axis of a tensor that runs over `ahead` places, the points, and `behind` places, these the fastest."""

    axis: int = 0
    ahead: int = 1
    behind: int = 1

    def first(self, tensor: Tensor) -> Tensor:
        """The tensor with the points along a first axis of their own; the axis behind which they were is split."""
        if self == PLAIN:
            return tensor
        before, after = tensor.shape[: self.axis], tensor.shape[self.axis + 1 :]
        return tensor.reshape(*before, self.ahead, -1, self.behind, *after).movedim(self.axis + 1, 0)

    def back(self, tensor: Tensor) -> Tensor:
        """The inverse of `first`."""
        if self == PLAIN:
            return tensor
        return tensor.movedim(0, self.axis + 1).flatten(self.axis, self.axis + 2)


PLAIN = Place()
"""Along the first axis, each point once."""


def probed(graph: Graph, inputs: Mapping[str, Array]) -> Mapping[str, Tensor]:
    """Shape and kind of every tensor for two points, without numbers."""
    import torch

    from netmend.network.evaluate import as_tensor, forward

    known, key = _PROBES.setdefault(graph, {}), _shapes(inputs)
    if key not in known:
        pair = {name: as_tensor(np.repeat(array[:1], 2, axis=0)) for name, array in inputs.items()}
        with torch.no_grad():
            every = forward(graph, pair, keep="all", dtype=torch.float32)
        known[key] = {name: value.to("meta") for name, value in every.items()}
    return known[key]


def placed(graph: Graph, inputs: Mapping[str, Array]) -> Mapping[str, Place]:
    """The places of the points in every tensor that is computed from inputs; none where it cannot be told."""
    known, key = _PLACES.setdefault(graph, {}), _shapes(inputs)
    if key not in known:
        probe = probed(graph, inputs)
        computed = {name for node in graph.after(inputs) for name in node.outputs} | set(inputs)
        shapes = {name: probe[name].shape for name in computed & probe.keys() if probe[name].ndim}
        found = {name: PLAIN for name, shape in shapes.items() if shape[0] == 2}
        values = [name for name in shapes if probe[name].is_floating_point()]
        if not all(shapes[name][0] == 2 and 2 not in shapes[name][1:] for name in values):
            found = _compared(graph, inputs, computed, found)
        for layer in (*linear_layers(graph), *normalisations(graph)):
            if layer.input in found and layer.output in probe:
                found[layer.output] = found[layer.input]
        known[key] = found
    return known[key]


def cacheable(graph: Graph, inputs: Mapping[str, Array]) -> set[str]:
    """Inputs and tensors of real numbers that run along the points, so that they can be kept for each of them."""
    probe = probed(graph, inputs)
    return {name for name in placed(graph, inputs) if probe[name].is_floating_point() or name in inputs}


def _compared(
    graph: Graph, inputs: Mapping[str, Array], computed: set[str], assumed: dict[str, Place]
) -> dict[str, Place]:
    """The places in tensors of two points together beside those of the second alone."""
    import torch

    from netmend.network.evaluate import as_tensor, forward

    pair = {name: as_tensor(array) for name, array in _two(inputs).items()}
    try:
        with torch.no_grad():
            alone = forward(graph, {name: value[1:] for name, value in pair.items()}, keep="all")
            together = forward(graph, pair, keep="all")
    except NetmendError:
        return assumed  # it takes no single point
    places = {name: _place(together[name], alone[name]) for name in computed & alone.keys() & together.keys()}
    return {name: place for name, place in places.items() if place is not None}


def _place(together: Tensor, alone: Tensor) -> Place | None:
    """The only place at which the second of two points is as it is alone."""
    if together.ndim != alone.ndim:
        return None
    differ = [axis for axis in range(alone.ndim) if together.shape[axis] != alone.shape[axis]]
    if len(differ) != 1 or together.shape[differ[0]] != 2 * alone.shape[differ[0]]:
        return None
    axis, many = differ[0], alone.shape[differ[0]]
    if axis == 0 and many == 1:
        return PLAIN
    candidates = [Place(axis, ahead, many // ahead) for ahead in range(1, many + 1) if many % ahead == 0]
    same = [each for each in candidates if _same(each.first(together)[1], each.first(alone)[0])]
    return same[0] if len(same) == 1 else None


def _same(one: Tensor, other: Tensor) -> bool:
    import torch

    pair = one.double(), other.double()
    allowed = CLOSE * max(1.0, float(pair[1].abs().nan_to_num(0.0, 0.0, 0.0).max()))
    return bool(torch.isclose(*pair, rtol=0.0, atol=allowed, equal_nan=True).all())


def _two(inputs: Mapping[str, Array]) -> dict[str, Array]:
    """The first point and the one that differs from it in most inputs; its own values shifted by one if none does."""
    points = min(MOST, len(next(iter(inputs.values()))))
    differ = [sum(not np.array_equal(array[0], array[at]) for array in inputs.values()) for at in range(points)]
    if max(differ):
        return {name: array[[0, int(np.argmax(differ))]] for name, array in inputs.items()}
    return {
        name: np.stack([array[0], np.roll(array[0], 1, axis=-1) if array.ndim > 1 else array[0]])
        for name, array in inputs.items()
    }


def _shapes(inputs: Mapping[str, Array]) -> _Shapes:
    return tuple((name, array.shape[1:]) for name, array in inputs.items())

"""A network from one layer on, for stated points: everything before that layer is run once and kept.

It answers what a repair of the layer needs: the outputs of a changed network, the cotangents of rows at the layer and
at every bias after it (one backward pass for a batch of rows, each entry with the cached input of its point), and how
the outputs move to first order.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

import numpy as np

from netmend.network.graph import Graph, Node
from netmend.network.layers import linear_layers
from netmend.repairs.weights.block import Bias, Block, Change
from netmend.repairs.weights.requirements._base import Array, Row

if TYPE_CHECKING:
    import torch
    from torch import Tensor

CHUNK_BYTES = 256 * 2**20
"""Activations held at once in one pass; a compromise between speed and memory (own choice)."""


SINGLE = 1e9
"""Multiplications of one pass over the points above which a search computes in float32 (own choice: a second)."""

# What `probed` found, so that a network is run for it once.
_PROBES: WeakKeyDictionary[Graph, dict[tuple[tuple[str, tuple[int, ...]], ...], Mapping[str, Tensor]]]
_PROBES = WeakKeyDictionary()


class Window:
    """The part of a network that a block can influence, on N points.

    Attributes:
        block: what may change. output: the tensor whose values the rows are about.
        points: N.
    """

    def __init__(
        self,
        block: Block,
        inputs: Mapping[str, Array],
        output: str,
        tensors: Sequence[str] = (),
        *,
        single: bool = False,
    ) -> None:
        """Run everything before the layer.

        Args:
            inputs: of the graph, by name.
            tensors: further tensors that rows may be about.
            single: compute in float32, which is two to three times as fast; what comes out is float64 in any case.
        """
        import torch

        self.block, self.output, self.tensors = block, output, tuple(tensors)
        self.points = len(next(iter(inputs.values())))
        self._dtype = torch.float32 if single else torch.float64
        probe = probed(block.graph, inputs)
        self._frontier = _frontier(block.graph, block.layer.input, block.layer.output, probe, set(inputs), output)
        suffix = {name for node in block.graph.after([block.layer.input]) for name in node.outputs} | {*self._frontier}
        self._chunk = chunk_of({name: probe[name] for name in suffix & probe.keys()})
        self._cache = self._prefix(inputs, chunk_of(probe))
        self._patches: Array | None = None

    @property
    def patches(self) -> Array:
        """The patches of the layer's input, (N, P, G, d), in float64."""
        if self._patches is None:
            import torch

            with torch.no_grad():
                whole = self.block.patches.unfold(self._cache[self.block.layer.input])
            self._patches = np.ascontiguousarray(whole.double().numpy())
        return self._patches

    def outputs(self, constants: Mapping[str, Array], points: slice | Array | None = None) -> Array:
        """The outputs (n, C) with these constants in place of the stored ones, of all or of some points."""
        return self.values(constants, (self.output,), points)[self.output]

    def values(
        self, constants: Mapping[str, Array], names: Sequence[str], points: slice | Array | None = None
    ) -> dict[str, Array]:
        """Tensors with these constants, each as (n, values)."""
        import torch

        chosen = np.arange(self.points)[points if points is not None else slice(None)]
        found: dict[str, list[Array]] = {name: [] for name in names}
        with torch.no_grad():
            for part in self._chunks(chosen):
                answer = self._forward(self._feeds(part), _tensors(constants, self._dtype), names)
                for name in names:
                    found[name].append(answer[name].reshape(len(part), -1).double().numpy())
        return {name: np.concatenate(pieces) for name, pieces in found.items()}

    def pulled(self, rows: Sequence[Row], constants: Mapping[str, Array]) -> tuple[Array, list[Array], Array]:
        """Values of rows, and their cotangents.

        Returns:
            Values minus bounds (m,); cotangents at the output of the layer, (m, P, G, o) in pieces of some rows each,
            in the precision of the search; cotangents at the biases, (m, b).
        """
        import torch

        layer, replaced = self.block.layer, _tensors(constants, self._dtype)
        values, at_layer, at_biases = [], [], []
        for part in self._chunks(np.arange(len(rows))):
            chosen = [rows[at] for at in part]
            points, place = np.unique([row.point for row in chosen], return_inverse=True)
            with torch.no_grad():
                z = self._forward(self._feeds(points), replaced, [layer.output])[layer.output]
            z = z[torch.from_numpy(place)].requires_grad_()
            feeds = self._feeds(points[place])
            wanted = {row.tensor or self.output for row in chosen} | {bias.tensor for bias in self.block.biases}
            answer = self._forward({**feeds, layer.output: z}, replaced, sorted(wanted))
            reached = torch.stack([_reached(row, at, answer, self.output) for at, row in enumerate(chosen)])
            sources = [z, *(answer[bias.tensor] for bias in self.block.biases if bias.tensor != layer.output)]
            slopes = iter(torch.autograd.grad(reached.sum(), sources, allow_unused=True))
            dz = next(slopes)
            dz = torch.zeros_like(z) if dz is None else dz
            values.append(reached.detach().double().numpy())
            at_layer.append(self.block.patches.positions(dz).numpy())
            summed = [
                _summed(dz if bias.tensor == layer.output else next(slopes), bias, len(part))
                for bias in self.block.biases
            ]
            at_biases.append(np.concatenate([np.zeros((len(part), 0)), *summed], axis=1))
        return np.concatenate(values), at_layer, np.concatenate(at_biases)

    def tangent(self, constants: Mapping[str, Array], change: Change) -> Array:
        """How the outputs (N, C) move, to first order, from these constants on along a change."""
        import torch
        from torch.autograd import forward_ad

        along, stored = self.block.spread(change), self.block.graph.constants
        start = _tensors({name: constants.get(name, stored[name]) for name in along}, self._dtype)
        directions = _tensors(along, self._dtype)
        moved = []
        with torch.no_grad(), forward_ad.dual_level():
            replaced = {
                name: forward_ad.make_dual(start[name], directions[name])  # type: ignore[no-untyped-call]
                for name in along
            }
            for part in self._chunks(np.arange(self.points)):
                answer = self._forward(self._feeds(part), replaced, [self.output])[self.output]
                slope = forward_ad.unpack_dual(answer).tangent  # type: ignore[no-untyped-call]
                slope = torch.zeros_like(answer) if slope is None else slope
                moved.append(slope.reshape(len(part), -1).double().numpy())
        return np.concatenate(moved)

    def is_affine(self) -> bool:
        """Whether nothing after the layer but layout stands before the outputs: then they are affine in the block."""
        between = [node for node in self.block.graph.after([self.block.layer.output]) if self._leads_on(node.outputs)]
        return all(node.op in _LAYOUT for node in between)

    def _leads_on(self, tensors: Sequence[str]) -> bool:
        """Whether the output depends on any of these tensors, or is one."""
        if self.output in tensors:
            return True
        return any(self.output in node.outputs for node in self.block.graph.after(tensors))

    def _prefix(self, inputs: Mapping[str, Array], step: int) -> dict[str, Tensor]:
        import torch

        from netmend.network.evaluate import as_tensor

        fed = {name: as_tensor(array) for name, array in inputs.items()}
        parts: dict[str, list[Tensor]] = {name: [] for name in self._frontier}
        with torch.no_grad():
            for start in range(0, self.points, step):
                feeds = {name: value[start : start + step] for name, value in fed.items()}
                answer = self._forward(feeds, {}, self._frontier)
                for name in self._frontier:
                    parts[name].append(answer[name])
        return {name: torch.cat(pieces) for name, pieces in parts.items()}

    def _forward(
        self, feeds: Mapping[str, Tensor], constants: Mapping[str, Tensor], keep: Sequence[str]
    ) -> dict[str, Tensor]:
        from netmend.network.evaluate import forward

        return forward(self.block.graph, feeds, constants=constants, keep=keep, dtype=self._dtype)

    def _feeds(self, points: Array) -> dict[str, Tensor]:
        import torch

        chosen = torch.from_numpy(np.asarray(points))
        return {name: value[chosen] for name, value in self._cache.items()}

    def _chunks(self, points: Array) -> Iterator[Array]:
        for start in range(0, len(points), self._chunk):
            yield points[start : start + self._chunk]


_LAYOUT = {"Identity", "Flatten", "Reshape", "Squeeze", "Unsqueeze", "Transpose", "Dropout"}


def probed(graph: Graph, inputs: Mapping[str, Array]) -> Mapping[str, Tensor]:
    """Shape and kind of every tensor for two points, without numbers: an axis of length 2 runs along the points."""
    import torch

    from netmend.network.evaluate import as_tensor, forward

    known = _PROBES.setdefault(graph, {})
    key = tuple((name, array.shape[1:]) for name, array in inputs.items())
    if key not in known:
        pair = {name: as_tensor(np.repeat(array[:1], 2, axis=0)) for name, array in inputs.items()}
        with torch.no_grad():
            every = forward(graph, pair, keep="all", dtype=torch.float32)
        known[key] = {name: value.to("meta") for name, value in every.items()}
    return known[key]


def products(graph: Graph, probe: Mapping[str, Tensor]) -> int:
    """Multiplications that one point takes in the linear layers."""
    layers = [layer for layer in linear_layers(graph) if layer.output in probe]
    return sum(probe[layer.output].numel() // 2 * layer.in_features for layer in layers)


def chunk_of(probe: Mapping[str, Tensor]) -> int:
    """How many points fit into one pass."""
    return max(1, int(CHUNK_BYTES // max(sum(value.numel() * 8 for value in probe.values()) // 2, 1)))


def _frontier(
    graph: Graph, source: str, target: str, probe: Mapping[str, Tensor], inputs: set[str], output: str
) -> list[str]:
    """Tensors from which everything after a layer can be computed.

    Tensors that do not run along the points, such as shapes computed from an input, are traced back to those that do.
    """
    producers = {name: node for node in graph.nodes for name in node.outputs}
    own = {target, *(name for node in graph.after([target]) for name in node.outputs)}
    reaching = _ancestors(producers, output) & own
    found, queue = [source], [name for made in reaching - {target} for name in producers[made].inputs]
    seen = {source, target, "", *graph.constants}
    while queue:
        name = queue.pop()
        if name in seen or name in own:
            continue
        seen.add(name)
        value = probe[name]
        along = value.ndim > 0 and value.shape[0] == 2 and (value.is_floating_point() or name in inputs)
        if along:
            found.append(name)
        else:
            queue += producers[name].inputs
    return found


def _ancestors(producers: Mapping[str, Node], tensor: str) -> set[str]:
    found: set[str] = set()
    queue = [tensor]
    while queue:
        name = queue.pop()
        if name in found or name not in producers:
            continue
        found.add(name)
        queue += producers[name].inputs
    return found


def _tensors(constants: Mapping[str, Array], dtype: torch.dtype) -> dict[str, Tensor]:
    from netmend.network.evaluate import as_tensor

    return {name: as_tensor(value).to(dtype) for name, value in constants.items()}


def _reached(row: Row, at: int, answer: Mapping[str, Tensor], output: str) -> Tensor:
    import torch

    values = answer[row.tensor or output][at].reshape(-1)[list(row.outputs)]
    return (values * torch.tensor(row.weights, dtype=values.dtype)).sum() - row.bound


def _summed(slope: Tensor | None, bias: Bias, rows: int) -> Array:
    """A cotangent at the output of a layer, summed over positions: the cotangent of its bias, (rows, size)."""
    if slope is None:
        return np.zeros((rows, bias.size))
    moved = slope.movedim(1, -1) if bias.channels_second else slope
    return moved.reshape(rows, -1, bias.size).sum(dim=1).double().numpy()

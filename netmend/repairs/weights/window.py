"""A network from one layer on, for stated points: everything before that layer is run once and kept.

It answers what a repair of the layer needs: the outputs of a changed network, the cotangents of rows at the layer and
at every bias after it (one backward pass for a batch of rows, each entry with the cached input of its point), and how
the outputs move to first order.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from netmend.network.graph import Graph, Node
from netmend.network.layers import LinearLayer, linear_layers
from netmend.repairs.weights.block import Bias, Block, Change
from netmend.repairs.weights.placing import PLAIN, Place, cacheable, placed, probed
from netmend.repairs.weights.requirements._base import Array, Row

if TYPE_CHECKING:
    import torch
    from torch import Tensor

    from netmend.repairs.weights.activations import Activations

CHUNK_BYTES = 256 * 2**20
"""Activations held at once in one pass; a compromise between speed and memory (own choice)."""


SINGLE = 1e9
"""Multiplications of one pass over the points above which a search computes in float32 (own choice: a second)."""


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
        activations: Activations | None = None,
    ) -> None:
        """Run everything before the layer.

        Args:
            inputs: of the graph, by name.
            tensors: further tensors that rows may be about.
            single: compute in float32, which is two to three times as fast; what comes out is float64 in any case.
            activations: what is known of inputs that were met before.
        """
        import torch

        self.block, self.output, self.tensors = block, output, tuple(tensors)
        self.points = len(next(iter(inputs.values())))
        self._dtype = torch.float32 if single else torch.float64
        probe, self._places = probed(block.graph, inputs), placed(block.graph, inputs)
        self._frontier = frontier_of(block.graph, block.layer, cacheable(block.graph, inputs), output)
        suffix = {name for node in block.graph.after([block.layer.input]) for name in node.outputs} | {*self._frontier}
        self._chunk = chunk_of({name: probe[name] for name in suffix & probe.keys()})
        if activations is None:
            self._cache = self._prefix(inputs, lively_chunk(block.graph, probe))
        else:
            self._cache = activations.of(self._frontier, inputs, self._dtype)
        self._patches: Array | None = None
        self._last: tuple[Mapping[str, Array], Tensor] | None = None
        self._roomy = self.points * probe[block.layer.output].numel() // 2 * 8 <= CHUNK_BYTES
        behind = {name for node in block.graph.after([block.layer.output]) for name in node.inputs}
        self._beside = [name for name in self._frontier if name != block.layer.input or name in behind]

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

        chosen, edited = np.arange(self.points)[points if points is not None else slice(None)], self.block.layer.output
        found: dict[str, list[Array]] = {name: [] for name in names}
        replaced = _tensors(constants, self._dtype)
        with torch.no_grad():
            for part in self._chunks(chosen):
                # Some points alone are looked at once.
                feeds = self._feeds(part)
                if points is None:
                    feeds[edited] = self._place(edited).back(self._at_layer(constants, part))
                answer = self._forward(feeds, replaced, names)
                for name in names:
                    value = self._place(name).first(answer[name])
                    found[name].append(value.reshape(len(part), -1).double().numpy())
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
            z = self._at_layer(constants, points)[torch.from_numpy(place)].requires_grad_()
            feeds = self._feeds(points[place], self._beside)
            wanted = {row.tensor or self.output for row in chosen} | {bias.tensor for bias in self.block.biases}
            answer = self._forward({**feeds, layer.output: self._place(layer.output).back(z)}, replaced, sorted(wanted))
            asked = {
                name: self._place(name).first(answer[name]) for name in {row.tensor or self.output for row in chosen}
            }
            reached = torch.stack([_reached(row, nth, asked, self.output) for nth, row in enumerate(chosen)])
            sources = [z, *(answer[bias.tensor] for bias in self.block.biases if bias.tensor != layer.output)]
            slopes = iter(torch.autograd.grad(reached.sum(), sources, allow_unused=True))
            dz = next(slopes)
            dz = torch.zeros_like(z) if dz is None else dz
            values.append(reached.detach().double().numpy())
            at_layer.append(self.block.patches.positions(dz).numpy())
            summed = [
                _summed(dz if bias.tensor == layer.output else self._first(bias, next(slopes)), bias, len(part))
                for bias in self.block.biases
            ]
            at_biases.append(np.concatenate([np.zeros((len(part), 0)), *summed], axis=1))
        return np.concatenate(values), at_layer, np.concatenate(at_biases)

    def tangent(self, constants: Mapping[str, Array], change: Change) -> Array:
        """How the outputs (N, C) move, to first order, from these constants on along a change."""
        import torch
        from torch.autograd import forward_ad

        layer, along, stored = self.block.layer, self.block.spread(change), self.block.graph.constants
        start = _tensors({name: constants.get(name, stored[name]) for name in along}, self._dtype)
        directions = _tensors(along, self._dtype)
        moved = []
        with torch.no_grad(), forward_ad.dual_level():
            replaced = {
                name: forward_ad.make_dual(start[name], directions[name])  # type: ignore[no-untyped-call]
                for name in along
            }
            for part in self._chunks(np.arange(self.points)):
                feeds = self._feeds(part)
                if self._linear:
                    z = self._place(layer.output).back(self._at_layer(constants, part))
                    dz = self._moved(feeds, directions)
                    feeds[layer.output] = forward_ad.make_dual(z, dz)  # type: ignore[no-untyped-call]
                answer = self._forward(feeds, replaced, [self.output])[self.output]
                slope = forward_ad.unpack_dual(answer).tangent  # type: ignore[no-untyped-call]
                slope = torch.zeros_like(answer) if slope is None else slope
                moved.append(slope.reshape(len(part), -1).double().numpy())
        return np.concatenate(moved)

    @cached_property
    def _linear(self) -> bool:
        """Whether the layer's output is nothing but its weight and bias times something."""
        import torch

        stored = self.block.graph.constants
        nothing = {name: torch.zeros(stored[name].shape, dtype=self._dtype) for name in self._own}
        with torch.no_grad():
            answer = self._forward(self._feeds(np.arange(1)), nothing, [self.block.layer.output])
        return not answer[self.block.layer.output].any()

    @property
    def _own(self) -> list[str]:
        """Weight and bias of the layer."""
        layer = self.block.layer
        return [layer.weight, *([layer.bias] if layer.bias is not None else [])]

    def _moved(self, feeds: Mapping[str, Tensor], directions: Mapping[str, Tensor]) -> Tensor:
        """How the layer's output moves along a change of its weight and bias, in which it is linear.

        Of a convolution only the channels that a change reaches are computed: in a last layer those of the classes that
        rows are about.
        """
        import torch

        layer, stored = self.block.layer, self.block.graph.constants
        own = {
            name: directions[name] if name in directions else torch.zeros(stored[name].shape, dtype=self._dtype)
            for name in self._own
        }
        if layer.kind != "conv" or layer.part or self.block.patches.groups > 1 or layer.order[0] != 0:
            return self._forward(feeds, own, [layer.output])[layer.output]
        reached = [each.reshape(len(each), -1).ne(0).any(dim=1) for each in own.values()]
        channels = torch.stack(reached).any(dim=0).nonzero()[:, 0]
        some = {name: each[channels] for name, each in own.items()}
        part = self._forward(feeds, some, [layer.output])[layer.output]
        return part.new_zeros(len(part), self.block.patches.outputs, *part.shape[2:]).index_copy_(1, channels, part)

    def _at_layer(self, constants: Mapping[str, Array], points: Array) -> Tensor:
        """The layer's output for some points, these along its first axis.

        A linearisation asks for it many times, so that of all points is kept.
        """
        import torch

        name, last = self.block.layer.output, self._last
        if last is None or last[0] is not constants:
            replaced, place = _tensors(constants, self._dtype), self._place(name)
            with torch.no_grad():
                if not self._roomy:
                    return place.first(self._forward(self._feeds(points), replaced, [name])[name])
                every = self._chunks(np.arange(self.points))
                parts = [place.first(self._forward(self._feeds(part), replaced, [name])[name]) for part in every]
            last = self._last = constants, torch.cat(parts)
        return last[1][_indices(points)]

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
                    parts[name].append(self._place(name).first(answer[name]))
        return {name: torch.cat(pieces) for name, pieces in parts.items()}

    def _forward(
        self, feeds: Mapping[str, Tensor], constants: Mapping[str, Tensor], keep: Sequence[str]
    ) -> dict[str, Tensor]:
        from netmend.network.evaluate import forward

        return forward(self.block.graph, feeds, constants=constants, keep=keep, dtype=self._dtype)

    def _feeds(self, points: Array, names: Sequence[str] | None = None) -> dict[str, Tensor]:
        """What everything from the layer on is computed from, for some points; or some of these tensors alone."""
        chosen = _indices(points)
        return {
            name: self._place(name).back(self._cache[name][chosen])
            for name in (self._frontier if names is None else names)
        }

    def _place(self, name: str) -> Place:
        return self._places.get(name, PLAIN)

    def _first(self, bias: Bias, slope: Tensor | None) -> Tensor | None:
        return None if slope is None else self._place(bias.tensor).first(slope)

    def _chunks(self, points: Array) -> Iterator[Array]:
        for start in range(0, len(points), self._chunk):
            yield points[start : start + self._chunk]


_LAYOUT = {"Identity", "Flatten", "Reshape", "Squeeze", "Unsqueeze", "Transpose", "Dropout"}


def products(graph: Graph, probe: Mapping[str, Tensor]) -> int:
    """Multiplications that one point takes in the linear layers."""
    layers = [layer for layer in linear_layers(graph) if layer.output in probe]
    return sum(probe[layer.output].numel() // 2 * layer.in_features for layer in layers)


def chunk_of(probe: Mapping[str, Tensor]) -> int:
    """How many points fit into one pass."""
    return max(1, int(CHUNK_BYTES // max(sum(value.numel() * 8 for value in probe.values()) // 2, 1)))


def lively_chunk(graph: Graph, probe: Mapping[str, Tensor]) -> int:
    """How many points fit into one pass that keeps no tensor longer than it is needed, as `forward` does."""
    sizes = {name: value.numel() // 2 * 8 for name, value in probe.items()}
    last = {name: step for step, node in enumerate(graph.nodes) for name in node.inputs}
    held, most = sum(sizes.get(each.name, 0) for each in graph.inputs), 0
    for step, node in enumerate(graph.nodes):
        held += sum(sizes.get(name, 0) for name in node.outputs)
        most = max(most, held)
        held -= sum(sizes.get(name, 0) for name in {*node.inputs, *node.outputs} if last.get(name, step) == step)
    # As much again for what an operator needs by the way, such as a padded input.
    return max(1, CHUNK_BYTES // max(2 * most, 1))


def frontier_of(graph: Graph, layer: LinearLayer, along: set[str], output: str) -> list[str]:
    """Tensors from which everything after a layer can be computed.

    Args:
        along: tensors that run along the points; others, such as computed shapes, are traced back to these.
    """
    source, target = layer.input, layer.output
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
        if name in along:
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


def _indices(points: Array) -> slice | Tensor:
    """Points as an index; where they follow each other, as one that copies nothing."""
    import torch

    if len(points) and np.array_equal(points, np.arange(points[0], points[0] + len(points))):
        return slice(int(points[0]), int(points[0]) + len(points))
    return torch.from_numpy(np.asarray(points))


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
    moved = slope.movedim(bias.axis, -1)
    return moved.reshape(rows, -1, bias.size).sum(dim=1).double().numpy()

"""What was written down for a fixed number of rows, made to follow any number of them.

An exporter that is given no free axis writes lengths into the graph: shapes that a Reshape makes, states that a
recurrent layer starts from, a token that is put before every sequence. Where the rows are in a tensor is seen by
computing it for as many rows as the file takes and for twice as many.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from math import prod
from typing import TYPE_CHECKING

import numpy as np

from netmend.core.errors import UnsupportedModel, UsageError
from netmend.network.evaluate import as_tensor, constant_tensor, evaluated, walk
from netmend.network.graph import Array, Graph, Node
from netmend.network.ops._base import LARGEST, Call
from netmend.network.random_inputs import random_inputs

if TYPE_CHECKING:
    from torch import Tensor

ATTEMPTS = 32
"""Ways to take places that leave something open (own choice); two or three do for the transformers of torch."""

CLOSE = 1e-3
"""Largest difference, as a share of the largest number, of an answer computed among others: `agreement.LOOSE`."""


def following(graph: Graph) -> Graph:
    """The graph with everything in it following the rows.

    Args:
        graph: with free inputs; `rows` is how many the file takes.

    Raises:
        NetmendError: something cannot follow, or an answer changes with what else is computed beside it.
    """
    sizes = [prod(size or 2 * (graph.rows or 1) for size in each.shape) for each in graph.inputs]
    if max(sizes) > LARGEST:
        raise UnsupportedModel("the inputs are too large to be looked at")
    choices: dict[Place, int] = {}
    for _ in range(ATTEMPTS):
        found = _Following(graph, graph.rows or 1, choices)
        try:
            return found.walked()
        except UsageError:
            # The last choice that can be made otherwise; what was chosen after it is chosen anew.
            while choices and list(choices.values())[-1] + 1 == found.open[list(choices)[-1]]:
                choices.popitem()
            if not choices:
                raise
            choices[list(choices)[-1]] += 1
    raise UnsupportedModel("where the rows are cannot be told")


Place = tuple[int, int, int]
"""A Reshape: how many axes come in, which of them holds the rows, and how many go out."""

Pair = tuple["Tensor", "Tensor"]
"""A tensor for as many rows as the file takes, and for twice as many; twice the same where it depends on no row."""


@dataclass(eq=False)
class _Following:
    """One attempt.

    Attributes:
        choices: for each place that leaves open which axis holds the rows, which of its candidates is taken.
        open: how many candidates there are. nodes: that had to change, by their first outputs.
        constants: that only they read.
    """

    graph: Graph
    rows: int
    choices: dict[Place, int]
    open: dict[Place, int] = field(default_factory=dict)
    nodes: dict[str, Node] = field(default_factory=dict)
    constants: dict[str, Array] = field(default_factory=dict)

    def walked(self) -> Graph:
        """The graph, once answers to some rows are the same among others."""
        from netmend.network.tensors import torch

        many = {name: as_tensor(value) for name, value in random_inputs(self.graph, 2 * self.rows).items()}
        feeds = {name: (_wide(value[: self.rows]), _wide(value)) for name, value in many.items()}

        def constant(name: str) -> Pair:
            value = constant_tensor(self.graph, name, torch.float64)
            return value, value

        with torch.no_grad():
            answers = walk(self.graph, feeds, None, constant, self.follow)
        if not all(_independent(*pair) for pair in answers.values()):
            raise UsageError("the answer to one row depends on the others")
        nodes = tuple(self.nodes.get(node.outputs[0], node) for node in self.graph.nodes)
        outputs = tuple(
            replace(each, shape=(None, *answers[each.name][0].shape[1:])) if each.name in answers else each
            for each in self.graph.outputs
        )
        return replace(self.graph, nodes=nodes, constants={**self.graph.constants, **self.constants}, outputs=outputs)

    def follow(self, node: Node, inputs: tuple[Pair | None, ...]) -> tuple[Pair, ...]:
        """The outputs of a node for both numbers of rows."""
        given = list(inputs)
        fixed = {place: each[0] for place, each in enumerate(inputs) if each is not None and each[0] is each[1]}
        if node.op == "Expand" and 1 in fixed and self.rows > 1 and fixed[1][:1].tolist() == [self.rows]:
            # What is spread over the rows is left to be spread by what reads it.
            given[1] = self._put(node, 1, np.concatenate([[1], fixed[1][1:].numpy()]))
        if node.op == "Squeeze" and inputs[0] is not None and 0 not in fixed:
            return self._squeezed(node, inputs[0], fixed.get(1))
        if node.op == "Resize" and 3 in fixed and inputs[0] is not None and 0 not in fixed:
            node, given[3] = self._resized(node, inputs[0], fixed[3])
        few = self._made(node, given, 0)
        if all(place in fixed for place, each in enumerate(inputs) if each is not None):
            return tuple((each, each) for each in few)
        if node.op == "Reshape" and 1 in fixed and inputs[0] is not None:
            axis = next((at for at, size in enumerate(inputs[0][0].shape) if size != inputs[0][1].shape[at]), None)
            if axis is not None:
                given[1] = self._put(node, 1, self._any_length(inputs[0][0].shape, axis, few[0].shape))
        try:
            many = self._made(node, given, 1)
        except UsageError:
            single = self._single(node, fixed) if self.rows > 1 else {}
            if not single:
                raise
            many = self._made(node, [single.get(place, each) for place, each in enumerate(given)], 1)
        return tuple(zip(few, many, strict=True))

    def _squeezed(self, node: Node, given: Pair, axes: Tensor | None) -> tuple[Pair, ...]:
        """All that goes but the axis of the rows, which has length one only where the file takes one."""
        rank, stated = given[0].ndim, node.attributes.get("axes") if axes is None else axes.reshape(-1).tolist()
        gone = [at for at in range(rank) if given[0].shape[at] == 1] if stated is None else [at % rank for at in stated]
        kept = [at for at in gone if given[0].shape[at] == given[1].shape[at]]
        if kept != gone:
            name = f"{node.outputs[0]} axes of any batch"
            self.constants[name] = np.array(kept, np.int64)
            attributes = {key: value for key, value in node.attributes.items() if key != "axes"}
            self.nodes[node.outputs[0]] = replace(node, inputs=(node.inputs[0], name), attributes=attributes)
        few, many = (each.squeeze(tuple(kept)) if kept else each for each in given)
        return ((few, many),)

    def _resized(self, node: Node, given: Pair, sizes: Tensor) -> tuple[Node, Pair]:
        """All axes get their lengths but the one of the rows."""
        rank = given[0].ndim
        axes = [axis % rank for axis in node.attributes.get("axes") or range(rank)]
        kept = [at for at, axis in enumerate(axes) if given[0].shape[axis] == given[1].shape[axis]]
        if len(kept) == len(axes):
            return node, (sizes, sizes)
        put = self._put(node, 3, sizes.numpy()[kept])
        made = self.nodes[node.outputs[0]]
        attributes = {**made.attributes, "axes": [axes[at] for at in kept]}
        self.nodes[node.outputs[0]] = replace(made, attributes=attributes)
        return self.nodes[node.outputs[0]], put

    def _made(self, node: Node, inputs: Sequence[Pair | None], side: int) -> tuple[Tensor, ...]:
        from netmend.network.tensors import torch

        chosen = tuple(None if each is None else each[side] for each in inputs)
        return evaluated(Call(node, chosen, self.graph.opset, torch.float64, self.graph.quantisation))

    def _single(self, node: Node, fixed: Mapping[int, Tensor]) -> dict[int, Pair]:
        """One row in place of whatever holds the same for each."""
        found = {}
        for place, value in ((place, tensor.numpy()) for place, tensor in fixed.items()):
            for axis in [at for at, size in enumerate(value.shape) if size == self.rows]:
                first = value.take([0], axis)
                if np.array_equal(value, np.broadcast_to(first, value.shape)):
                    found[place] = self._put(node, place, first)
                    break
        return found

    def _any_length(self, before: Sequence[int], axis: int, after: Sequence[int]) -> Array:
        """The shape that a Reshape makes, with -1 for the axis that holds the rows.

        It begins or ends where the axis of the rows does in what is reshaped. Where both could be, as in 17 x 1 x 32
        that become 17 x 4 x 8, all places that look alike are taken alike.
        """
        ahead, behind = prod(before[:axis]), prod(before[: axis + 1])
        candidates = [at for at in range(len(after)) if prod(after[:at]) == ahead and after[at] % self.rows == 0]
        candidates += [at for at in range(len(after)) if prod(after[: at + 1]) == behind and after[at] % self.rows == 0]
        candidates += [at for at in range(len(after)) if prod(after[:at]) <= ahead < prod(after[: at + 1])][:1]
        candidates = [at for at in candidates if after[at] == self.rows][:1] or list(dict.fromkeys(candidates)) or [0]
        chosen = candidates[0]
        if len(candidates) > 1:
            place = (len(before), axis, len(after))
            self.open[place] = len(candidates)
            chosen = candidates[self.choices.setdefault(place, 0)]
        return np.array([-1 if at == chosen else size for at, size in enumerate(after)], np.int64)

    def _put(self, node: Node, place: int, value: Array) -> Pair:
        """Let a node read a constant of its own."""
        name = f"{node.outputs[0]} {place} of any batch"
        self.constants[name] = value
        node = self.nodes.get(node.outputs[0], node)
        inputs = tuple(name if at == place else each for at, each in enumerate(node.inputs))
        self.nodes[node.outputs[0]] = replace(node, inputs=inputs)
        return as_tensor(value), as_tensor(value)


def _independent(few: Tensor, many: Tensor) -> bool:
    """Whether the first rows are the same among twice as many."""
    from netmend.network.tensors import torch

    if not few.ndim or many.shape != (2 * len(few), *few.shape[1:]):
        return False
    one, other = few.double(), many[: len(few)].double()
    allowed = CLOSE * max(1.0, float(one.abs().nan_to_num(0.0, 0.0, 0.0).max()))
    return bool(torch.isclose(one, other, rtol=0.0, atol=allowed, equal_nan=True).all())


def _wide(value: Tensor) -> Tensor:
    return value.double() if value.is_floating_point() else value

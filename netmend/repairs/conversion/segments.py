"""Tensors of the two networks that correspond, and the stretches of the target between them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from netmend.network.graph import Array


@dataclass(frozen=True, slots=True, eq=False)
class Correspondence:
    """Where a tensor of the target is one of the source, in whatever layout.

    Attributes:
        layout: target = source.transpose(layout); None where the order of axes is the same.
        shape: then reshaped to this, with -1 for the axis that grows with the batch; None where it is not reshaped.
        before: the shape of the source's tensor, with -1 likewise; needed for `to_source` where it is reshaped.
    """

    target: str
    source: str
    layout: tuple[int, ...] | None = None
    shape: tuple[int, ...] | None = None
    before: tuple[int, ...] | None = None

    def to_target(self, value: Array) -> Array:
        """A value of the source's tensor as the target holds it."""
        turned = value if self.layout is None else value.transpose(self.layout)
        return turned if self.shape is None else turned.reshape(self.shape)

    def to_source(self, value: Array) -> Array:
        """A value of the target's tensor as the source holds it."""
        if self.shape is not None:
            assert self.before is not None
            turned = self.before if self.layout is None else tuple(self.before[axis] for axis in self.layout)
            value = value.reshape(turned)
        return value if self.layout is None else value.transpose(np.argsort(self.layout))


@dataclass(frozen=True, slots=True, eq=False)
class Segment:
    """A stretch of the target between tensors that are known to correspond.

    Attributes:
        nodes: first outputs of the target's nodes in it, in an order in which they can be computed.
        inputs: what it reads from outside, constants aside. outputs: what is read of it outside, or asked for.
        source_nodes: first outputs of the source's nodes between the same tensors.
    """

    nodes: tuple[str, ...]
    inputs: tuple[Correspondence, ...]
    outputs: tuple[Correspondence, ...]
    source_nodes: tuple[str, ...]

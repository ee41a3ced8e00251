"""Tensors of the two networks that correspond, and the stretches of the target between them."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np

from netmend.network.graph import Array

How = Literal["input", "value", "resumed", "structure", "output"]

STEP = "a step of another spelling: what is computed from it is recognised"
"""Why a tensor of the target corresponds to none."""


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

    @property
    def row_by_row(self) -> bool:
        """Whether each row of the one is a row of the other, so that some can be taken without the rest."""
        kept = self.layout is None or self.layout[0] == 0
        return kept and (self.shape is None or (self.before is not None and self.shape[0] == self.before[0] == -1))

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
class Match:
    """A tensor of the target that is one of the source.

    Attributes:
        how: an input; recognised by its value; put in because what follows was recognised then (resumed), because the
            same operator reads the same tensors (structure), or because it is an output.
        error: of the value computed from right values, root mean square relative to the right one.
    """

    correspondence: Correspondence
    how: How
    error: float


@dataclass(frozen=True, slots=True, eq=False)
class Alignment:
    """What corresponds.

    Attributes:
        matches: by tensor of the target, in the order of its dataflow.
        unaligned: tensors of the target that correspond to none, with the reason.
    """

    matches: Mapping[str, Match]
    unaligned: Mapping[str, str]

    def without(self, tensors: Collection[str]) -> Alignment:
        """The same where some tensors of the target are steps of another spelling."""
        gone = dict.fromkeys((name for name in self.matches if name in tensors), STEP)
        matches = {name: match for name, match in self.matches.items() if name not in gone}
        return Alignment(matches, {**self.unaligned, **gone})


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

"""The shape of a method: a problem in, one typed answer out. What it answers is proposed, and believed by nobody."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from netmend.network.backends._base import Network
from netmend.network.layers import LinearLayer
from netmend.repairs.weights.activations import Activations
from netmend.repairs.weights.metric import Metric
from netmend.repairs.weights.requirements._base import Array
from netmend.repairs.weights.specification import Specification

Progress = Callable[[str], None]
"""Told one line about each step."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What one proposal may use.

    Attributes:
        seconds: wall clock. memory: bytes, estimated before anything is built. iterations: linearisations.
        again: begin anew in other ways where the first one ends nowhere.
    """

    seconds: float = float("inf")
    memory: float = 8 * 2**30
    iterations: int = 60
    again: bool = True


@dataclass(frozen=True, slots=True, eq=False)
class Problem:
    """What is to be changed so that what holds.

    Attributes:
        specification: what must hold after. keep: what must go on to hold, lazily; None if nothing is stated.
        layer: whose weights may change. metric: what is small.
        output: the tensor of the graph that the requirements read.
        required: slack each point of the specification must reach, (N,). kept: the same for the points to keep.
        later_biases: the biases of later layers may change too.
        single: the search may compute in float32; what it hands over is checked in float64 in any case.
        start: changed constants that a search may begin from, such as those found for smaller slacks.
        metric_of: the metric of another layer, for methods that change several; None if it is that of the layer.
        remembered: what a method has worked out for the same points, layer and metric with other slacks.
        activations: inner tensors of the network as it is, for inputs that were met before.
    """

    network: Network
    specification: Specification
    layer: LinearLayer
    metric: Metric
    output: str
    required: Array
    keep: Specification | None = None
    kept: Array | None = None
    limits: Limits = field(default_factory=Limits)
    later_biases: bool = True
    single: bool = False
    start: Mapping[str, Array] | None = None
    metric_of: Callable[[LinearLayer], Metric] | None = None
    remembered: dict[str, Any] = field(default_factory=dict)
    activations: Activations | None = None


@dataclass(frozen=True, eq=False)
class WeightChange:
    """The patch of this kind of repair: new values of some constants, as they are stored.

    Attributes:
        changed: by constant of the graph. layer: whose weights were chosen. norm: of the change, by the metric's name.
        relative: Euclidean norm of the change of the weights of its layers, as a share of that of these weights.
    """

    network: Network
    changed: Mapping[str, Array]
    layer: str = ""
    norm: float = 0.0
    metric: str = ""
    relative: float = 0.0

    @cached_property
    def id(self) -> str:
        """Hash of the names and bytes."""
        made = hashlib.sha256()
        for name in sorted(self.changed):
            value = self.changed[name]
            made.update(f"{name}|{value.dtype.str}|{value.shape}|".encode() + np.ascontiguousarray(value).tobytes())
        return made.hexdigest()[:16] if self.changed else "nothing"

    @property
    def size(self) -> int:
        """How many tensors change."""
        return len(self.changed)

    def describe(self) -> str:
        """Layer, share and tensors."""
        if not self.changed:
            return "nothing changed"
        tensors = f"{self.size} tensor{'s' if self.size > 1 else ''}"
        return (
            f"{self.layer}: {tensors} changed, its weight by {self.relative:.2%} ({self.metric} norm {self.norm:.4g})"
        )

    def smaller(self) -> Iterable[WeightChange]:
        """None: the norm is minimised already."""
        return ()

    def write(self, folder: Path) -> None:
        """Write the changed network into a folder, as `repaired` with the ending of its own file."""
        from netmend.network.load import formats

        suffixes, path = formats()[self.network.format].suffixes, getattr(self.network, "path", None)
        own = [suffix for suffix in suffixes if path is not None and path.name.lower().endswith(suffix)]
        self.network.write(folder / f"repaired{max(own, key=len, default=suffixes[0])}", self.changed)


@dataclass(frozen=True, slots=True)
class Step:
    """One accepted linearisation: shortfall before and after, share of the step taken, rows in the program."""

    shortfall: float
    reached: float
    share: float
    rows: int


@dataclass(frozen=True, slots=True)
class Found:
    """A change after which every point has its slack in float64 with the weights as stored. It is not yet certified."""

    change: WeightChange
    iterations: int
    rows: int
    seconds: float
    history: tuple[Step, ...] = ()


@dataclass(frozen=True, slots=True)
class Infeasible:
    """There is no such change.

    Attributes:
        proof: shown for every change up to the norm `bound`; otherwise only for the linear model that was solved.
        points: indices of points that are in each other's way.
    """

    proof: bool
    points: tuple[int, ...]
    why: str
    bound: float = 0.0
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class NotFound:
    """The method ended without one. That says nothing about whether there is one.

    Attributes:
        worst: the largest amount by which a point misses its slack at the best change found.
        missed: how many points do.
    """

    why: str
    worst: float
    missed: int = 0
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class TimedOut:
    """There was no time left."""

    worst: float
    missed: int = 0
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Doubtful:
    """The solver's numbers cannot be trusted."""

    why: str
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Unbounded:
    """The solver found no least change. A norm is never negative, so the program was built wrongly or lost digits."""

    why: str
    seconds: float = 0.0


Answer = Found | Infeasible | NotFound | TimedOut | Doubtful | Unbounded


def steps(answer: Found) -> str:
    """`1 linearisation`, `2 linearisations`."""
    return f"{answer.iterations} linearisation{'s' if answer.iterations != 1 else ''}"


def reason(answer: Answer) -> str:
    """An answer in one sentence."""
    if isinstance(answer, Found):
        return f"repaired: {steps(answer)}, {answer.rows} rows"
    if isinstance(answer, Infeasible):
        named = ", ".join(str(point) for point in answer.points[:8]) + (" ..." if len(answer.points) > 8 else "")
        kind = "infeasible, proved" if answer.proof else "infeasible in the linear model"
        return f"{kind}: {answer.why}" + (f" (points {named})" if named else "")
    if isinstance(answer, NotFound):
        missed = f"; {answer.missed} points miss, the worst by {answer.worst:.3g}" if answer.missed else ""
        return f"not found: {answer.why}{missed}"
    if isinstance(answer, TimedOut):
        return f"timed out: {answer.missed} points miss, the worst by {answer.worst:.3g}"
    return f"{'numerically doubtful' if isinstance(answer, Doubtful) else 'unbounded'}: {answer.why}"


@dataclass(frozen=True, slots=True)
class Method:
    """One way of proposing.

    Attributes:
        propose: the method itself. says: what its answer shows, one sentence. norms: what it can minimise.
        regions: it can repair polytopes. any_layer: it changes the same layers, whichever is asked for.
    """

    propose: Callable[[Problem, Progress], Answer]
    says: str
    norms: tuple[str, ...]
    regions: bool = False
    any_layer: bool = False

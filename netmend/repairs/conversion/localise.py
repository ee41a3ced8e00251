"""Which segments are wrong on right inputs: each is fed what the source holds there, so no fault hides another.

Both sides are evaluated in float64, where the rounding of a runtime plays no part. What remains between two right
networks is that constants were folded and rounded; the error of the same nodes in the target's own precision says how
much that may be (Higham, Accuracy and Stability of Numerical Algorithms, 2002, section 1.7 on running errors).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np

from netmend.network.evaluate import as_tensor, forward
from netmend.network.graph import Array, Graph
from netmend.repairs.conversion.distance import ENDLESS, NONE, Distance, distance, size
from netmend.repairs.conversion.grids import coarse, noise, range_step, scale_of, scheme_step, stored
from netmend.repairs.conversion.segments import Match, Segment
from netmend.repairs.conversion.steps import Steps

if TYPE_CHECKING:
    import torch
    from torch import Tensor

MARGIN = 16.0
"""How often the error of single precision two right networks may differ. Between two exporters of a CNN, a transformer
and a recurrent network it is at most 0.72 times (own measurement), on few inputs; the largest of many is larger."""

FLOOR = 4 * 2.0**-24
"""The same where no error is seen, as a share of the tensor's largest number: two roundings on either side."""

COARSE_MARGIN = Distance(4.0, 2.0)
"""How often the response to one random rounding of coarse constants two right networks may differ, the largest and the
typical difference (own choice: rounding is as random as that, and the largest of a few numbers varies more)."""

MANY, FINER = 256, Distance(4.0, 1.5)
"""Numbers of a row from which on the typical difference is an average over so many roundings that it varies less, and
the margin then. In healthy uint8 and int8 files of four networks it was at most 1.1 times the response to one rounding,
mostly 0.6 to 1; where a few weights or a bias were changed it was 1.8 to 2.4 (own measurement)."""

ENTRIES = 3e7
"""Numbers of the source that are held at once, 240 MB: of large networks fewer rows are judged, and in turn."""

ROUNDED = 3
"""Rows on which the error of single precision is measured; `MARGIN` covers the others (own choice)."""

FEWEST = 3
"""Rows that are judged however large the network is (own choice)."""


@dataclass(frozen=True, slots=True)
class Judged:
    """One tensor of the target, computed from right inputs of its segment.

    Attributes:
        error: from the right value. allowed: what rounding may amount to. coarse: the same with what the coarse storage
            of constants and tensors explains; equal to `allowed` where nothing is coarse.
        right: the size of the right value.
    """

    error: Distance
    allowed: Distance
    coarse: Distance
    right: Distance

    @property
    def faulty(self) -> bool:
        """Neither rounding nor coarse storage explains the error."""
        return not self.error.within(self.coarse)

    @property
    def coarser(self) -> bool:
        """Coarse storage explains the error, and rounding alone does not."""
        return not self.faulty and not self.error.within(self.allowed)

    @property
    def excess(self) -> float:
        """The error as a multiple of what is explained."""
        return self.error.times_of(self.coarse)


@dataclass(frozen=True, slots=True, eq=False)
class Faulty:
    """A segment that is wrong on right inputs; numbers are those of its output that is worst.

    Attributes:
        rows: how many inputs it was judged on. failure: why it could not be evaluated; empty if it could.
    """

    segment: Segment
    judged: Judged
    rows: int
    failure: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class Localised:
    """Every tensor that corresponds, judged, and the segments that are wrong, in the order of the dataflow."""

    tensors: Mapping[str, Judged]
    faulty: tuple[Faulty, ...]
    rows: int
    failures: Mapping[str, str] = field(default_factory=dict)


def localise(
    source: Graph,
    target: Graph,
    matches: Mapping[str, Match],
    parts: Sequence[Segment],
    feeds: Mapping[str, Array],
    precision: str = "float32",
    *,
    keep: bool = True,
    before: tuple[Mapping[str, Match], Localised] | None = None,
) -> Localised:
    """Judge every tensor of the target that corresponds to one of the source.

    Args:
        feeds: inputs of the source, the most telling first; of large networks only some are used.
        precision: in which the target is computed where it runs.
        keep: what storing numbers coarsely explains is no fault.
        before: what was found with other matches and all else the same: what does not hang on them is not judged again.
    """
    pass_ = _Pass(source, target, matches, precision, None if before is None else before[0])
    one = {name: as_tensor(value[:1]) for name, value in feeds.items()}
    entries = sum(value.numel() for value in forward(source, one, keep=pass_.read).values())
    rows = min(len(next(iter(feeds.values()))), max(FEWEST, int(ENTRIES // max(1, entries))))
    rows = rows if before is None else before[1].rows
    step = max(1, int(ENTRIES // max(1, entries)))
    first = min(step, ROUNDED)
    for start, end in ((0, first), *((at, min(at + step, rows)) for at in range(first, rows, step))):
        pass_.go({name: value[start:end] for name, value in feeds.items()}, rounding=start == 0)
    tensors = pass_.judged()
    if not keep:
        tensors = {name: replace(each, coarse=each.allowed) for name, each in tensors.items()}
    failures = pass_.failures
    if before is not None:
        known = {**before[1].tensors, **tensors}
        tensors = {name: known[name] for name in matches if name in known}
        left = {name: said for name, said in before[1].failures.items() if name not in pass_.nodes}
        failures = {**left, **failures}
    faulty = []
    for part in parts:
        own = [tensors[each.target] for each in part.outputs if each.target in tensors]
        if any(each.faulty for each in own):
            worst = max(own, key=lambda each: each.excess)
            failure = next((failures[name] for name in part.nodes if name in failures), "")
            faulty.append(Faulty(part, worst, rows, failure))
    return Localised(tensors, tuple(faulty), rows, failures)


def _source_of(match: Match) -> str:
    return match.correspondence.source


def _anew(source: Graph, target: Graph, matches: Mapping[str, Match], old: Mapping[str, Match]) -> set[str]:
    """Tensors whose judgement hangs on what matches in another way than before."""
    changed = {
        name
        for name in (*matches, *old)
        if name not in matches or name not in old or matches[name].correspondence != old[name].correspondence
    }
    known = set(map(_source_of, matches.values()))
    behind = _behind(source, known, known ^ set(map(_source_of, old.values())))
    return _behind(target, matches, changed) | {name for name, each in matches.items() if _source_of(each) in behind}


def _behind(graph: Graph, known: Collection[str], changed: Collection[str]) -> set[str]:
    """Known tensors that are computed from changed ones, with no known one between; changed ones too."""
    moved, found = set(changed), set(changed) & set(known)
    for node in graph.nodes:
        if not moved.isdisjoint(node.inputs):
            for name in node.outputs:
                (found if name in known else moved).add(name)
    return found


def _between(graph: Graph, known: Collection[str], wanted: Collection[str]) -> tuple[set[str], set[str]]:
    """First outputs of the nodes that make some tensors from the nearest known ones, and which of these they read."""
    missing, nodes = set(wanted), set[str]()
    read = set[str]()
    for node in reversed(graph.nodes):
        if not missing.isdisjoint(node.outputs):
            nodes.add(node.outputs[0])
            for name in node.inputs:
                (read if name in known else missing).add(name)
    return nodes, read


def _finite(rounded: Array | None, exact: Array | None) -> Distance:
    """What rounding did; nothing where it cannot be told."""
    if rounded is None or exact is None:
        return NONE
    found = distance(rounded, exact)
    return found if np.isfinite(found.largest) else NONE


class _Pass:
    def __init__(
        self,
        source: Graph,
        target: Graph,
        matches: Mapping[str, Match],
        precision: str,
        old: Mapping[str, Match] | None = None,
    ) -> None:
        self.source, self.target, self.precision = source, target, precision
        wanted = set(matches) if old is None else _anew(source, target, matches, old)
        self.judges = [name for name, match in matches.items() if name in wanted and match.how != "input"]
        known = set(map(_source_of, matches.values()))
        self.nodes, read = _between(target, matches, self.judges)
        own, behind = _between(source, known, [_source_of(matches[name]) for name in self.judges])
        self.of_source = own
        self.matches = {name: match for name, match in matches.items() if name in read or name in wanted}
        self.read = list(dict.fromkeys([*map(_source_of, self.matches.values()), *behind]))
        self.grids = coarse(target, source)
        self.random = np.random.default_rng(0)
        self.found: dict[str, list[tuple[Distance, Distance, Distance, Distance]]] = {}
        self.failures: dict[str, str] = {}
        self.many: dict[str, bool] = {}

    def go(self, feeds: Mapping[str, Array], *, rounding: bool) -> None:
        from netmend.network.tensors import torch

        with torch.no_grad():
            true = forward(self.source, {name: as_tensor(value) for name, value in feeds.items()}, keep=self.read)
        right = {
            name: np.ascontiguousarray(match.correspondence.to_target(true[match.correspondence.source].numpy()))
            for name, match in self.matches.items()
        }
        exact = self._computed(self.target, right, torch.float64)
        rounded: Mapping[str, Array | None] = {}
        origin: Mapping[str, Array | None] = {}
        if rounding:
            rounded = self._computed(self.target, right, torch.float32)
            origin = self._computed(self.source, {name: value.numpy() for name, value in true.items()}, torch.float32)
        coarser = self._coarser(right, exact)
        for name in self.judges:
            value, source = exact.get(name), _source_of(self.matches[name])
            self.many[name] = right[name].size >= MANY * len(right[name]) if right[name].ndim else False
            held = stored(self.target, name, right[name])
            error = ENDLESS if value is None else distance(value, right[name] if held is None else held)
            seen = _finite(origin.get(source), true[source].numpy())
            if name not in self.target.quantisation and name not in self.target.ranges:
                seen = seen.worse(_finite(rounded.get(name), value))
            self.found.setdefault(name, []).append((error, seen, coarser.get(name, NONE), size(right[name])))

    def judged(self) -> dict[str, Judged]:
        """The worst over all chunks."""
        result = {}
        for name, parts in self.found.items():
            error, rounding, coarser, right = parts[0]
            for part in parts[1:]:
                error, rounding = error.worse(part[0]), rounding.worse(part[1])
                coarser, right = coarser.worse(part[2]), right.worse(part[3])
            allowed = rounding.times(MARGIN).plus(right.times(FLOOR))
            margin = FINER if self.many[name] else COARSE_MARGIN
            result[name] = Judged(error, allowed, allowed.plus(coarser.scaled(margin)), right)
        return result

    def _computed(
        self,
        graph: Graph,
        right: Mapping[str, Array],
        dtype: torch.dtype,
        added: Mapping[str, Array] | None = None,
    ) -> dict[str, Array | None]:
        """What every node makes of right values, and of what lies between them."""
        from netmend.network.tensors import torch

        steps = Steps(graph, dtype)
        half = getattr(torch, self.precision) if self.precision in ("float16", "bfloat16") else None
        known: dict[str, Tensor | None] = {name: steps.typed(value) for name, value in right.items()}
        made: dict[str, Tensor | None] = {}
        shifted: dict[str, Tensor | None] = {}
        for name, shift in (added or {}).items():
            if name in graph.constants:
                shifted[name] = steps.constant(name) + torch.from_numpy(shift).to(dtype)
        found: dict[str, Array | None] = {}
        wanted = self.nodes if graph is self.target else self.of_source
        for node in graph.nodes:
            if node.outputs[0] not in wanted:
                continue
            if added is not None and "state_on_grid" in node.attributes:
                # What rounding the state at every step does is seen by leaving it out.
                node = replace(node, attributes={**node.attributes, "state_on_grid": 0})
            for name, value in steps.outputs(node, known, made, shifted).items():
                if value is not None and half is not None and dtype == torch.float32 and value.is_floating_point():
                    value = value.to(half).to(dtype)
                if value is not None and added is not None:
                    value = value + self._shift(graph, name, value, added)
                made[name] = value
                if name in right:
                    found[name] = None if value is None else value.numpy()
        if dtype == torch.float64 and added is None and graph is self.target:
            self.failures.update(steps.failures)
        return found

    def _shift(self, graph: Graph, name: str, value: Tensor, added: Mapping[str, Array]) -> Tensor | float:
        """What rounding one tensor to its grid may have done to it, at random."""
        from netmend.network.tensors import torch

        if name in added:
            return torch.from_numpy(added[name]).to(value.dtype)
        if not value.is_floating_point():
            return 0.0
        if name in graph.ranges:
            step: Array | float = range_step(value.numpy())
        elif name in graph.quantisation:
            step = scheme_step(graph, name)
        else:
            return 0.0
        return torch.from_numpy(self.random.uniform(-0.5, 0.5, value.shape) * step).to(value.dtype)

    def _step(self, name: str, value: Array) -> float:
        """How far neighbouring numbers of a tensor's grid are apart; zero where it stands on none."""
        if name in self.target.ranges:
            return range_step(value)
        if name in self.target.quantisation:
            return float(scheme_step(self.target, name).max())
        # What is taken back with another scale than it was put on a grid with has that one's steps.
        node = self.target.producer(name)
        taken = node is not None and node.op == "DequantizeLinear" and node.inputs[0] not in self.target.constants
        scale = scale_of(self.target, node.inputs[1]) if node is not None and taken else None
        return 0.0 if scale is None or not scale.size else float(scale.max())

    def _coarser(self, right: Mapping[str, Array], exact: Mapping[str, Array | None]) -> dict[str, Distance]:
        """What rounding coarse constants, and tensors to their grids, may amount to."""
        from netmend.network.tensors import torch

        found: dict[str, Distance] = {}
        if self.grids or self.target.on_grids:
            shapes = {name: value.shape for name, value in self.target.constants.items()}
            for node in self.target.nodes:
                stored = self.target.constants.get(node.inputs[0]) if node.inputs else None
                if node.outputs[0] in self.grids and stored is not None:
                    shapes[node.outputs[0]] = stored.shape
            shaken = self._computed(self.target, right, torch.float64, noise(self.grids, shapes, 0))
            for name, value in shaken.items():
                before = exact.get(name)
                if value is not None and before is not None:
                    found[name] = distance(value, before)
        for name in self.matches:
            step = self._step(name, right[name])
            if step:
                found[name] = found.get(name, NONE).worse(Distance(step / 2, step / 2 / 3**0.5))
        return found

"""Which tensor of the target is which of the source, by what they hold; names are not looked at.

The target is computed node by node, and every tensor that is recognised is given the source's value from there on, so
that behind a fault tensors are recognised again (teacher forcing; Williams and Zipser, Neural Computation 1(2), 1989).
Where nothing is recognised up to an output, right values are put in where the dataflow allows, nearest first, until
something behind them is recognised.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from math import ceil, log10
from typing import TYPE_CHECKING

import numpy as np

from netmend.network.evaluate import as_tensor, forward
from netmend.network.graph import Array, Graph, Node
from netmend.repairs.conversion.cut_off import cut_off
from netmend.repairs.conversion.distance import distance, rms
from netmend.repairs.conversion.grids import stored
from netmend.repairs.conversion.known import Known, depending, passes_on, signature, stored_numbers, telling
from netmend.repairs.conversion.layouts import growing, layouts, same_numbers
from netmend.repairs.conversion.segments import STEP, Alignment, Correspondence, How, Match
from netmend.repairs.conversion.steps import Steps

if TYPE_CHECKING:
    from torch import Tensor

WINDOW = 16
"""Tensors of either side, the nearest first, between which a stretch that is not recognised may end (own choice: the
longest spelling of one operator that we met, a hard swish with its scalings, has 9)."""

TRIALS = 160
"""Most pairs of tensors that are tried out for one such stretch (own choice)."""

COARSER, RIVALS, ALIKE = 1e-3, 3, 2.0
"""Relative error from which on a tensor that is recognised may be another, how many pairs are then compared, and how
much larger the error behind one may be and say nothing where a grid then does what an activation does (own choice)."""

BEYOND = 2
"""Nodes by which a tensor of the source is further away where the target's grid does not reach over its numbers: an
activation lies behind it, and a grid may be at fault (own choice)."""

DEPTH = 6
"""Nodes behind a pair of which one must be recognised for it to be believed (own choice)."""


def align(
    source: Graph,
    target: Graph,
    feeds: Mapping[str, Array],
    inputs: Iterable[Correspondence],
    outputs: Iterable[tuple[str, str]],
    tolerance: float,
    given: Iterable[Correspondence] = (),
) -> Alignment:
    """Find what corresponds.

    Args:
        feeds: a few inputs of the source. inputs: where the target's inputs are those of the source.
        outputs: pairs of outputs that are to agree, the target's first.
        tolerance: largest relative error, root mean square, at which a value is recognised.
        given: how some tensors, once they are recognised, are held.
    """
    rows = len(next(iter(feeds.values())))
    values = forward(source, {name: as_tensor(value) for name, value in feeds.items()}, keep="all")
    known = Known(source, {name: value.numpy() for name, value in values.items()}, rows)
    return _Aligner(target, known, tuple(outputs), tolerance, given).run(inputs)


class _Aligner:
    def __init__(
        self,
        graph: Graph,
        known: Known,
        outputs: tuple[tuple[str, str], ...],
        tolerance: float,
        given: Iterable[Correspondence],
    ) -> None:
        from netmend.network.tensors import torch

        self.graph, self.known, self.counterparts, self.tolerance = graph, known, dict(outputs), tolerance
        self.given = {(each.target, each.source): each for each in given}
        self.steps = Steps(graph, torch.float64)
        self.moving = depending(graph)
        self.made = {name: node for node in graph.nodes for name in node.outputs if name}
        self.origin = {name: node for node in known.graph.nodes for name in node.outputs if name}
        self.readers: dict[str, list[Node]] = {}
        for node in known.graph.nodes:
            for name in dict.fromkeys(node.inputs):
                self.readers.setdefault(name, []).append(node)
        self.matches: dict[str, Match] = {}
        self.right: dict[str, Tensor | None] = {}
        self.computed: dict[str, Tensor | None] = {}
        self.idle: dict[str, str] = {}

    def run(self, inputs: Iterable[Correspondence]) -> Alignment:
        for each in inputs:
            self._force(each, "input")
        self._compute(self.graph.nodes)
        while any(name not in self.matches for name in self.counterparts):
            for each, how in self._resumed(self._region()) or self._ends():
                self._force(each, how)
                self._compute(self.graph.after([each.target]))
        place = {name: at for at, name in enumerate(self.made)}
        ordered = sorted(self.matches, key=lambda name: place.get(name, -1))
        return Alignment({name: self.matches[name] for name in ordered}, self._unaligned())

    def _force(self, same: Correspondence, how: How) -> None:
        if (same.target, same.source) in self.given:
            same, how = self.given[same.target, same.source], "structure"
        right = np.ascontiguousarray(same.to_target(self.known.values[same.source]))
        got = self.computed.get(same.target)
        if got is not None and right.dtype.kind != "f" and not got.dtype.is_floating_point:
            right = right.astype(got.numpy().dtype)
        error = distance(got.numpy(), right).typical / (rms(right) or 1.0) if got is not None else float("inf")
        self.matches[same.target] = Match(same, how, 0.0 if how == "input" else error)
        self.right[same.target] = self.steps.typed(right)

    def _compute(self, nodes: Iterable[Node]) -> None:
        """Evaluate nodes from right values where there are any, and recognise what comes out."""
        for node in nodes:
            for name, value in self.steps.outputs(node, self.right, self.computed).items():
                self.computed[name] = value
                if value is None or name in self.matches or name not in self.moving:
                    continue
                found = self._recognised(node, name, value.numpy())
                if found is not None:
                    self._force(found, "value")

    def _recognised(self, node: Node, name: str, value: Array) -> Correspondence | None:
        if name in self.counterparts:
            source = self.counterparts[name]
            exact = same_numbers(name, value, source, self.known.values[source], self.known.rows, self.tolerance)
            return None if exact is None else exact[0]
        if not telling(value):
            return None
        parents = [self.matches[each].correspondence for each in node.inputs if each in self.matches]
        hint = next((each.layout for each in parents if each.shape is None), None)
        best = min(
            self.known.like(name, value, self.tolerance, hint),
            key=lambda found: (
                not all(self.known.downstream(found[0].source, each.source) for each in parents),
                ceil(log10(max(found[1], 1e-9))),
                not self._alike(node, found[0].source),
                self.known.place[found[0].source],
            ),
            default=None,
        )
        if best is None:
            return cut_off(self.graph, node, value, self.matches, self.known, self.tolerance)
        other = self._idle(node, name, best[0].source, parents) or self._elsewhere(node, best[0].source)
        return None if other else best[0]

    def _idle(self, node: Node, name: str, source: str, parents: list[Correspondence]) -> bool:
        """Whether a node passes on what it reads, while the same operator of the source makes something else of it."""
        held = {self.idle[each] for each in node.inputs if each in self.idle}
        same = source in {each.source for each in parents} and any(
            self._alike(node, made) and made != source
            for reader in self._read_by(source)
            for made in reader.outputs
            if made in self.known.values
        )
        if (same and not passes_on(node)) or source in held:
            self.idle[name] = source
            return True
        return False

    def _elsewhere(self, node: Node, source: str) -> bool:
        """Whether a node has its numbers by chance, because another of the source is the same operator.

        A wrong factor is made good by a right one behind it, and what lies between is wrong all the same.
        """
        stored = stored_numbers(self.graph, node)
        doubtful = any(name in self.moving and name not in self.matches for name in node.inputs)
        if not stored or not doubtful or self._alike(node, source):
            return False
        found = any(
            self._alike(node, other.outputs[0]) and stored_numbers(self.known.graph, other) == stored
            for other in self.known.graph.nodes
            if other.outputs[0] in self.known.values and self.known.downstream(other.outputs[0], source)
        )
        if found:
            self.idle[node.outputs[0]] = source
        return found

    def _read_by(self, source: str) -> Iterator[Node]:
        """The source's nodes that read a tensor, or another order of it."""
        for reader in self.readers.get(source, ()):
            yield reader
            if passes_on(reader):
                yield from self._read_by(reader.outputs[0])

    def _holds(self, source: str, stored: list[tuple[float, ...]]) -> bool:
        """Whether a tensor of the source comes from an operator with the same stored numbers."""
        origin = self.origin.get(source)
        return origin is not None and stored_numbers(self.known.graph, origin) == stored

    def _alike(self, node: Node, source: str) -> bool:
        """Whether a tensor of the source comes from an operator of the same name."""
        origin = self.origin.get(source)
        return origin is not None and origin.op.rpartition(":")[2].upper() == node.op.rpartition(":")[2].upper()

    # --- where nothing is recognised any more -----------------------------------------------------------------------

    def _region(self) -> list[str]:
        """Tensors that an output needs and behind which nothing is recognised, in order."""
        needed = {name for name in self.counterparts if name not in self.matches}
        for node in reversed(self.graph.nodes):
            if not needed.isdisjoint(node.outputs):
                needed.update(name for name in node.inputs if name in self.made and name not in self.matches)
        # A tensor is explained if something behind it was recognised, and not merely given its right value.
        recognised = {name for name, match in self.matches.items() if match.how == "value"}
        explained: set[str] = set()
        for node in reversed(self.graph.nodes):
            if not (recognised | explained).isdisjoint(node.outputs):
                explained.update(name for name in node.inputs if name not in self.matches)
        return [name for name in self.made if name in needed - explained and name in self.moving]

    def _resumed(self, region: list[str]) -> list[tuple[Correspondence, How]]:
        """The nearest pair behind which the target is recognised again, else the nearest of the same structure."""
        pairs = sorted(self._pairs(region), key=lambda pair: pair[0])[:TRIALS]
        confirmed: list[tuple[tuple[bool, float], Correspondence]] = []
        for _, same in pairs:
            if confirmed and same.target != confirmed[0][1].target:
                continue
            error = self._confirmed(same)
            if error is not None:
                confirmed.append(((self._ends_early(same.target, self.known.values[same.source]), error), same))
            # In few bits the source's tensors look alike, before and behind a clip; then the nearest numbers decide.
            if len(confirmed) == RIVALS or (error is not None and error < COARSER):
                break
        if confirmed:
            (early, least), nearest = min(confirmed, key=lambda pair: pair[0])
            most = least if nearest.target in self.graph.quantisation else ALIKE * least
            return [(next(same for (ends, off), same in confirmed if ends == early and off <= most), "resumed")]
        for _, same in pairs:
            if self._same_place(same):
                return [(same, "structure")]
        return []

    def _ends(self) -> list[tuple[Correspondence, How]]:
        """Outputs correspond because they must."""
        found: list[tuple[Correspondence, How]] = []
        for name, source in self.counterparts.items():
            if name not in self.matches:
                value = self.computed.get(name)
                shape = self.known.values[source].shape if value is None else tuple(value.shape)
                order = next(iter(layouts(self.known.values[source].shape, shape, self.known.rows)), (None, None))
                found.append((self._same(name, source, *order), "output"))
        return found

    def _same(
        self, target: str, source: str, order: tuple[int, ...] | None, shape: tuple[int, ...] | None
    ) -> Correspondence:
        return Correspondence(target, source, order, shape, growing(self.known.values[source].shape, self.known.rows))

    def _pairs(self, region: list[str]) -> Iterator[tuple[tuple[int, bool, bool, int], Correspondence]]:
        """Pairs of a tensor of the region and one of the source that fit by shape, with how far they are away."""
        near = {name: held for name, held in self._depths(region).items() if not self._silent(name)}
        for name, (depth, edge) in sorted(near.items(), key=lambda item: item[1][0])[:WINDOW]:
            parents = [self.matches[each].correspondence for each in edge if each in self.matches]
            hint = next((each.layout for each in parents if each.shape is None), None)
            value = self.computed.get(name)
            read = [each.source for each in parents]
            own = stored_numbers(self.graph, self.made[name])
            below = self._below(read)
            holds = {source for source, _ in below if self._holds(source, own)}
            twins = {source for source in holds if own and self._alike(self.made[name], source)}
            for source, steps in below:
                held = self.known.values[source]
                if not telling(held) and name not in self.counterparts:
                    continue
                unlike = not self._alike(self.made[name], source)
                # The same operator with the same stored numbers is nearer than all that lies between.
                cost = depth + steps + (2 * WINDOW if twins and source not in twins else 0)
                cost += BEYOND if self._ends_early(name, held) else 0
                rest = unlike, source not in holds, self.known.place[source]
                if value is not None and (value.ndim != held.ndim or sorted(value.shape) == sorted(held.shape)):
                    order = next(iter(layouts(held.shape, tuple(value.shape), self.known.rows, hint)), None)
                    if order is not None:
                        yield (cost, *rest), self._same(name, source, *order)
                        continue
                if not unlike or value is None or value.ndim == held.ndim:
                    # Another shape: the operator may be what gets it wrong, unless it is to pass on what it reads.
                    fits = hint if hint is not None and len(hint) == held.ndim else None
                    worse = 1 + unlike + 2 * (source in read)
                    yield (cost + worse, *rest), self._same(name, source, fits, None)

    def _depths(self, region: list[str]) -> dict[str, tuple[int, tuple[str, ...]]]:
        """For each tensor of the region how many nodes lie between it and what is known, and what that is.

        How a setting is computed from shapes does not count: a padding may take thirty nodes.
        """
        behind: dict[str, set[str]] = {}
        found: dict[str, tuple[int, tuple[str, ...]]] = {}
        for name in region:
            edge, between = [], set()
            for each in self.made[name].inputs:
                if each in self.matches:
                    edge.append(each)
                elif each in found:
                    between |= behind[each] | (set() if self._silent(each) else {each})
                    edge += found[each][1]
            behind[name], found[name] = between, (len(between), tuple(dict.fromkeys(edge)))
        return found

    def _silent(self, name: str) -> bool:
        """Whether a tensor of the target is known to say nothing."""
        value = self.computed.get(name)
        return value is not None and not telling(value.numpy()) and name not in self.counterparts

    def _below(self, sources: list[str]) -> list[tuple[str, int]]:
        """Tensors of the source behind some, nearest first, with the number of nodes between; those themselves too."""
        taken = {match.correspondence.source for match in self.matches.values() if match.how != "output"}
        near = dict.fromkeys(sources)
        edge = list(near)
        while edge and len(near) < 4 * WINDOW:
            edge = [
                name
                for each in edge
                for node in self.readers.get(each, ())
                for name in node.outputs
                if name in self.known.values and name not in near and name not in taken
            ]
            near.update(dict.fromkeys(edge))
        behind: dict[str, set[str]] = {}
        for name in sorted(near, key=lambda each: self.known.place[each]):
            origin = None if name in sources else self.origin.get(name)
            behind[name] = set()
            for each in () if origin is None else origin.inputs:
                if each in behind and each not in sources:
                    behind[name] |= behind[each] | {each}
        return sorted(((name, len(between)) for name, between in behind.items()), key=lambda pair: pair[1])[:WINDOW]

    def _confirmed(self, same: Correspondence) -> float | None:
        """How far what is recognised behind a pair is off once it has the right value; None if nothing is."""
        if self.counterparts.get(same.target) == same.source:
            return 0.0
        trial: dict[str, Tensor | None] = {
            same.target: self.steps.typed(np.ascontiguousarray(same.to_target(self.known.values[same.source])))
        }
        for node in self.graph.after([same.target])[:DEPTH]:
            outputs = self.steps.outputs(node, trial, self.right, self.computed)
            for name, value in outputs.items():
                if name in self.matches:
                    continue
                trial[name] = value
                if value is None or not telling(value.numpy()) or passes_on(node):
                    continue
                for found, error in self.known.like(name, value.numpy(), self.tolerance):
                    if found.source != same.source and self.known.downstream(found.source, same.source):
                        return error
        return None

    def _ends_early(self, target: str, value: Array) -> bool:
        """Whether a grid does not reach over a value: one that ends at zero does not over those before a clip."""
        scheme = self.graph.quantisation.get(target)
        return scheme is not None and scheme.scale.size == 1 and stored(self.graph, target, value) is None

    def _same_place(self, same: Correspondence) -> bool:
        """Whether both tensors come from the same operator, with the same stored numbers, of the same tensors."""
        node, origin = self.made[same.target], self.origin.get(same.source)
        if origin is None or not self._alike(node, same.source):
            return False
        read = [self.matches[each].correspondence.source for each in node.inputs if each in self.matches]
        return set(read) == {each for each in origin.inputs if each in self.known.values} and stored_numbers(
            self.graph, node
        ) == stored_numbers(self.known.graph, origin)

    def _unaligned(self) -> dict[str, str]:
        behind: set[str] = set()
        for node in reversed(self.graph.nodes):
            if any(name in self.matches or name in behind for name in node.outputs):
                behind.update(name for name in node.inputs if name not in self.matches)
        found = {}
        for name in self.made:
            value = self.computed.get(name)
            if name in self.matches or name not in self.moving:
                continue
            if value is None:
                failure = self.steps.failures.get(self.made[name].outputs[0])
                found[name] = f"it cannot be computed: {failure}" if failure else "what it is computed from is missing"
            elif not value.dtype.is_floating_point and not telling(value.numpy()):
                found[name] = "few integers, which say nothing"
            elif signature(value.numpy())[4] == 0:
                found[name] = "all its numbers are the same, which says nothing"
            elif name in behind:
                found[name] = STEP
            else:
                found[name] = "no tensor of the source holds its numbers"
        return found

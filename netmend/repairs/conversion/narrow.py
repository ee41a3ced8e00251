"""A stretch with several faults taken apart where its inner tensors must correspond, so that each is explained alone.

Between two faults next to one another nothing holds the source's numbers, so that the stretch is not cut there. But if
one side of a cut is explained by one simple fault once the cut is given the source's value, the cut is believed: no
edit makes right numbers of right ones, up to rounding and on inputs it was not chosen by, by chance.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from netmend.network.graph import Array, Graph
from netmend.repairs.conversion.cut import joined
from netmend.repairs.conversion.distance import Distance
from netmend.repairs.conversion.explain import Explained, Unexplained
from netmend.repairs.conversion.faults._base import Case, plain
from netmend.repairs.conversion.layouts import growing, layouts
from netmend.repairs.conversion.localise import Faulty
from netmend.repairs.conversion.segments import Correspondence, Match, Segment
from netmend.repairs.conversion.widen import Cause, complexity

CUTS = 24
"""Cuts of a stretch that are tried, the likeliest first (own choice)."""

NODES = 40
"""Nodes of a stretch, on either side, beyond which it is not taken apart (own choice)."""

DEPTH = 4
"""Cuts of a stretch: five faults next to one another are told apart (own choice)."""

ASKED = 80
"""Parts of a stretch that an explanation is looked for, for each a hundred evaluations or so (own choice)."""

Watch = Callable[[Segment], tuple[Case, Mapping[str, Distance]]]
"""A segment with all that it makes of right inputs, and the differences of its outputs that are rounding."""

Asked = Callable[[Case, Mapping[str, Distance]], Explained | Unexplained | None]
"""Why a segment is wrong, looked for among single faults; None if it is right."""


def narrowed(
    source: Graph,
    target: Graph,
    matches: Mapping[str, Match],
    faulty: Faulty,
    watch: Watch,
    asked: Asked,
    spent: Callable[[], bool],
) -> tuple[Cause, ...]:
    """The faults of a stretch, each with its part; a part that no single fault explains stays as it is.

    Args:
        matches: what corresponds. spent: whether no time is left to take it further apart.
    """
    return _Narrower(source, target, watch, asked, spent).parts(matches, faulty)


@dataclass(eq=False)
class _Narrower:
    source: Graph
    target: Graph
    watch: Watch
    asked: Asked
    spent: Callable[[], bool]
    known: dict[Any, Explained | Unexplained | None] = field(default_factory=dict)

    def parts(self, matches: Mapping[str, Match], faulty: Faulty, depth: int = 0) -> tuple[Cause, ...]:
        """What the segment of a fault falls apart into."""
        segment = faulty.segment
        answer = self._answer(segment)
        if answer is None:
            return ()
        best: tuple[Cause, ...] = ((faulty, answer),)
        if complexity(answer) == 1 or max(len(segment.nodes), len(segment.source_nodes)) > NODES or depth == DEPTH:
            return best
        for cut in _cuts(self.watch(segment)[0]):
            if len(self.known) > ASKED or self.spent():
                break
            held = {**matches, cut.target: Match(cut, "structure", 0.0)}
            first, second = (
                joined(self.source, self.target, held, [replace(segment, outputs=outputs)])
                for outputs in ((cut,), segment.outputs)
            )
            if any(part.nodes == segment.nodes or not part.nodes for part in (first, second)):
                continue
            for part, rest in ((first, second), (second, first)):
                alone = self._answer(part)
                if alone is None or complexity(alone) != 1:
                    continue
                others = self.parts(held, replace(faulty, segment=rest), depth + 1)
                own = ((replace(faulty, segment=part), alone),)
                found = (*own, *others) if part is first else (*others, *own)
                if _unexplained(found) < _unexplained(best):
                    best = found
                if not _unexplained(best):
                    return best
                break
        return best

    def _answer(self, segment: Segment) -> Explained | Unexplained | None:
        ends = tuple(
            (each.target, each.source, each.layout, each.shape) for each in (*segment.inputs, *segment.outputs)
        )
        key = segment.nodes, ends
        if key not in self.known:
            # What a segment makes is not kept: of large networks that would be gigabytes.
            self.known[key] = self.asked(*self.watch(segment))
        return self.known[key]


def _unexplained(causes: Sequence[Cause]) -> int:
    """Nodes of the parts that no single fault explains."""
    return sum(len(faulty.segment.nodes) for faulty, answer in causes if complexity(answer) > 1)


def _cuts(case: Case) -> Iterator[Correspondence]:
    """Inner tensors of both sides that may correspond: of the same operator first, then in the same place."""
    ends = {each.target for each in case.segment.outputs}
    ours = [node for node in case.nodes if not ends & set(node.outputs)]
    theirs = [node for node in case.source_nodes if node.outputs[0] in case.source_inner]
    gone = {each.source for each in case.segment.outputs}
    pairs = []
    for at, node in enumerate(ours):
        value = case.inner.get(node.outputs[0])
        for place, other in enumerate(theirs):
            if value is None or other.outputs[0] in gone:
                continue
            unlike = plain(node.op).upper() != plain(other.op).upper()
            far = abs(at / len(ours) - place / max(1, len(theirs)))
            for same, fits in _held(case, node.outputs[0], value, other.outputs[0]):
                pairs.append(((unlike, not fits, same.shape is not None, far, at, place), same))
    pairs.sort(key=lambda pair: pair[0])
    yield from (same for _, same in pairs[:CUTS])


def _held(case: Case, target: str, value: Array, source: str) -> Iterator[tuple[Correspondence, bool]]:
    """How a tensor of the target may hold one of the source, and whether its shape allows that as it is."""
    held = case.source_inner[source]
    if value.ndim == 0 or held.ndim == 0 or value.dtype.kind != held.dtype.kind or not held.size:
        return
    hint = next((each.layout for each in case.segment.inputs if each.shape is None), None)
    before = growing(held.shape, len(held))
    found = next(iter(layouts(held.shape, value.shape, len(held), hint)), None)
    if found is not None:
        yield Correspondence(target, source, *found, before), True
    elif value.ndim == held.ndim and not (held.ndim == 2 and value.size == held.size):
        # What gets it wrong may make another shape of it.
        yield Correspondence(target, source, None, None, before), False

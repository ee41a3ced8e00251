"""A stretch with several faults taken apart where its inner tensors must correspond, so that each is explained alone.

Between two faults next to one another nothing holds the source's numbers, so that the stretch is not cut there. But if
one side of a cut is explained by one simple fault once the cut is given the source's value, the cut is believed: no
edit makes right numbers of right ones, up to rounding and on inputs it was not chosen by, by chance.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace

from netmend.network.graph import Array, Graph
from netmend.repairs.conversion.align import Match
from netmend.repairs.conversion.cut import joined
from netmend.repairs.conversion.explain import Explained, Unexplained
from netmend.repairs.conversion.faults._base import Case, plain
from netmend.repairs.conversion.layouts import growing, layouts
from netmend.repairs.conversion.localise import Faulty
from netmend.repairs.conversion.segments import Correspondence, Segment
from netmend.repairs.conversion.widen import Cause, complexity

CUTS = 24
"""Cuts of a stretch that are tried, the likeliest first (own choice)."""

NODES = 24
"""Nodes of a stretch, on either side, beyond which it is not taken apart (own choice)."""

Asked = Callable[[Segment], tuple[Case, Explained | Unexplained | None]]
"""Why a segment is wrong, looked for among single faults; None if it is right."""


def narrowed(
    source: Graph, target: Graph, matches: Mapping[str, Match], faulty: Faulty, asked: Asked
) -> tuple[Cause, ...] | None:
    """The faults of a stretch that no single one explains, each with its part; None where it cannot be taken apart."""
    segment = faulty.segment
    if max(len(segment.nodes), len(segment.source_nodes)) > NODES:
        return None
    case, answer = asked(segment)
    if answer is None:
        return ()
    if complexity(answer) == 1:
        return ((replace(faulty, segment=segment), answer),)
    for cut in _cuts(case):
        held = {**matches, cut.target: Match(cut, "structure", 0.0)}
        parts = [
            joined(source, target, held, [replace(segment, outputs=outputs)]) for outputs in ((cut,), segment.outputs)
        ]
        if any(part.nodes == segment.nodes or not part.nodes for part in parts):
            continue
        for part, rest in (parts, parts[::-1]):
            _, alone = asked(part)
            if alone is None or complexity(alone) != 1:
                continue
            others = narrowed(source, target, held, replace(faulty, segment=rest), asked)
            if others is None:
                break
            own = ((replace(faulty, segment=part), alone),)
            return (*own, *others) if part is parts[0] else (*others, *own)
    return None


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
            same = _cut(case, node.outputs[0], value, other.outputs[0])
            if same is not None:
                unlike = plain(node.op).upper() != plain(other.op).upper()
                far = abs(at / len(ours) - place / max(1, len(theirs)))
                pairs.append(((unlike, same.shape is not None, far, at, place), same))
    pairs.sort(key=lambda pair: pair[0])
    yield from (same for _, same in pairs[:CUTS])


def _cut(case: Case, target: str, value: Array, source: str) -> Correspondence | None:
    held = case.source_inner[source]
    if value.ndim == 0 or value.dtype.kind != held.dtype.kind or not held.size:
        return None
    hint = next((each.layout for each in case.segment.inputs if each.shape is None), None)
    found = next(iter(layouts(held.shape, value.shape, len(held) if held.ndim else 0, hint)), None)
    if found is None:
        return None
    order, shape = found
    return Correspondence(target, source, order, shape, growing(held.shape, len(held)))

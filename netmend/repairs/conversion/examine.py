"""From two networks and a few inputs to what corresponds, which segments are wrong, and why."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import zip_longest

import numpy as np

from netmend.core.errors import NetmendError
from netmend.network.edits import Edit
from netmend.network.evaluate import as_tensor, forward
from netmend.network.graph import Array, Graph
from netmend.repairs.conversion.align import align
from netmend.repairs.conversion.cut import joined, segments
from netmend.repairs.conversion.distance import Distance, distance, size
from netmend.repairs.conversion.ended_early import ended_early
from netmend.repairs.conversion.explain import Explained, Limits, Unexplained, explain
from netmend.repairs.conversion.faults._base import Borrowed, Case
from netmend.repairs.conversion.grids import coarse, stored
from netmend.repairs.conversion.localise import Faulty, Localised, localise
from netmend.repairs.conversion.misfit import rounding, watched
from netmend.repairs.conversion.misleading import misleading
from netmend.repairs.conversion.narrow import narrowed
from netmend.repairs.conversion.patches import content
from netmend.repairs.conversion.segments import Alignment, Correspondence, Match, Segment
from netmend.repairs.conversion.subject import ConvertedPair
from netmend.repairs.conversion.turned import turned_back
from netmend.repairs.conversion.unlike import with_hidden, with_passed_over
from netmend.repairs.conversion.widen import Cause, complexity, widened

RECOGNISED: Mapping[str, float] = {"float64": 1e-4, "float32": 1e-4, "float16": 2e-2, "bfloat16": 5e-2}
"""Relative error at which a tensor is recognised, by precision. Folded and rounded constants make 1e-7 in single
precision (own measurement), while other tensors of the same shape are off by 1 or so; it is only where to look, and
what is right is decided by `localise`."""

COARSE = 5e-2
"""The same where numbers are stored in few bits: about 1 / 127 of the largest, several times over (own choice)."""

ALIGNED = (5, 7, 3)
"""Rows that are used to find out what corresponds: more than one, and of these the number that the fewest axes are a
multiple of, so that the batch is told from them (own choice)."""

AT_LEAST = 2
"""The same where the tensors of so many rows do not fit."""

LARGE = 1e7
"""Numbers in the tensors of the source for so many rows beyond which `AT_LEAST` are taken, 80 MB (own choice)."""

BRIEF = 200
"""Evaluations of a stretch in which neighbours are explained, each by one fault: what takes their place is one of the
simplest, and is tried among the first (own choice)."""

COARSEST = 0.9
"""Share of a network's tensors whose typical error by coarse storage is below what a tensor inside a stretch may be off
by (own choice: the largest error varies more, and of it the middle is taken)."""


@dataclass(frozen=True, slots=True, eq=False)
class Examined:
    """What was found.

    Attributes:
        causes: for each faulty segment what is wrong with it, in the order of the dataflow.
        unjudged: segments that cannot be evaluated here, while the target as a whole answers as it should.
    """

    alignment: Alignment
    segments: tuple[Segment, ...]
    localised: Localised
    causes: tuple[tuple[Faulty, Explained | Unexplained], ...]
    unjudged: tuple[Faulty, ...] = ()


def examine(
    pair: ConvertedPair,
    target: Graph,
    feeds: Mapping[str, Array],
    limits: Limits | None = None,
    tell: Callable[[str], None] = lambda said: None,
    *,
    agrees: bool = False,
) -> Examined:
    """Align, localise and explain.

    Args:
        target: the target's graph, as it is or edited. feeds: inputs of the source.
        limits: of explaining each segment. tell: is told what is being done.
        agrees: the target's numbers are right in its own runtime, so that what we cannot evaluate is no fault.

    Raises:
        UsageError, UnsupportedModel: the source cannot be evaluated.
    """
    source = pair.source.graph
    one = forward(source, {name: as_tensor(value[:1]) for name, value in feeds.items()}, keep="all")
    many = _told_apart((value.shape for value in one.values()), len(next(iter(feeds.values()))))
    many = many if many * sum(value.numel() for value in one.values()) <= LARGE else AT_LEAST
    few = {name: value[:many] for name, value in feeds.items()}
    tell("aligning the tensors of both sides")
    pairs = [(theirs.name, own.name) for own, theirs in pair.outputs]
    tolerance = COARSE if target.on_grids or coarse(target, source) else RECOGNISED[pair.target.precision]

    last: tuple[Mapping[str, Match], Localised] | None = None

    def localised(alignment: Alignment) -> Localised:
        nonlocal last
        matches = alignment.matches
        parts = segments(source, target, matches)
        tell(f"feeding {len(parts)} segments of the target right inputs")
        found = localise(source, target, matches, parts, feeds, pair.target.precision, keep=pair.keep, before=last)
        last = matches, found
        return found

    def aligned(given: Iterable[Correspondence] = ()) -> tuple[Alignment, Localised]:
        alignment = align(source, target, few, pair.inputs.pairs, pairs, tolerance, given)
        return alignment, localised(alignment)

    shapes = {name: tuple(value.shape) for name, value in one.items()}
    alignment, found = turned_back(source, target, shapes, aligned(), aligned)
    while steps := misleading(source, target, alignment, found):
        alignment = alignment.without(steps)
        found = localised(alignment)
    if (more := with_passed_over(source, target, alignment, found)) is not alignment:
        alignment, found = more, localised(more)
    parts = segments(source, target, alignment.matches)
    if pair.keep:
        found = with_hidden(source, target, parts, found, lambda part: case_of(source, target, part, feeds, alignment))
    most = limits or Limits()
    end = time.monotonic() + most.in_all

    def explained(segment: Segment, several: bool) -> Explained | Unexplained:
        case, allowed = judged(segment)
        brief = replace(left(), evaluations=BRIEF, together=1)
        return explain(case, allowed=allowed, limits=left() if several else brief)

    def watch(segment: Segment) -> tuple[Case, Mapping[str, Distance]]:
        case, allowed = judged(segment)
        return watched(case), allowed

    def asked(whole: Case, allowed: Mapping[str, Distance]) -> Explained | Unexplained | None:
        if whole.got and all(
            distance(whole.got[name], value).within(allowed[name]) for name, value in whole.right.items()
        ):
            return None
        return explain(whole, allowed=allowed, limits=replace(left(), together=1))

    def spent() -> bool:
        return left().seconds <= 0

    def left() -> Limits:
        return replace(most, seconds=max(0.0, min(most.seconds, end - time.monotonic())))

    def judged(segment: Segment) -> tuple[Case, dict[str, Distance]]:
        return _judged(source, target, segment, feeds, alignment, found)

    causes: list[Cause] = []
    unjudged: list[Faulty] = []
    stretches = list(together(source, target, alignment, found))
    # Behind operators that cannot be evaluated tensors may be paired wrongly, and nothing tells that from a fault.
    blind = agrees and any(faulty.failure for faulty in stretches)
    unjudged += [faulty for faulty in stretches if blind and faulty.failure]
    for faulty in () if blind else stretches:
        tell(f"explaining {faulty.segment.nodes[-1]}")
        for part, answer in narrowed(source, target, alignment.matches, faulty, watch, asked, spent):
            simple = complexity(answer) == 1
            causes.append((part, answer if simple else explained(part.segment, several=True)))

    together_explained = widened(source, target, alignment, causes, explained)
    return Examined(alignment, parts, found, tuple(_once(together_explained)), tuple(unjudged))


def _told_apart(shapes: Iterable[Sequence[int]], most: int) -> int:
    """How many rows, at most, are told from the axes of tensors that were made of a single one."""
    lengths = Counter(length for shape in shapes for length in set(shape) if length > 1)

    def alike(rows: int) -> int:
        return sum(many for length, many in lengths.items() if length % rows == 0)

    return min((rows for rows in ALIGNED if rows <= most), key=alike, default=most)


def _once(causes: Iterable[Cause]) -> Iterator[Cause]:
    """Each cause once: stretches that share nodes may be wrong because of the same one."""
    told: set[bytes] = set()
    for faulty, answer in causes:
        if not isinstance(answer, Explained):
            yield faulty, answer
            continue
        edits = [{content(edit) for edit in cause.hypothesis.edits} for cause in answer.causes]
        new = tuple(cause for cause, own in zip(answer.causes, edits, strict=True) if not own <= told)
        told.update(*edits)
        if new:
            yield faulty, replace(answer, causes=new)


def otherwise(
    pair: ConvertedPair,
    examined: Examined,
    segment: Segment,
    plainest: Explained,
    feeds: Mapping[str, Array],
    writes: Callable[[Sequence[Edit]], bool],
    limits: Limits,
) -> Explained | None:
    """The simplest explanation of a faulty segment whose edits the target's format can say; None if none is found.

    Args:
        plainest: explanation, which it cannot say; what is simpler than that was tried.
        feeds: those of `examine`. writes: whether the format can say some edits.
    """
    graphs = pair.source.graph, pair.target.graph
    case, allowed = _judged(*graphs, segment, feeds, examined.alignment, examined.localised)
    # Where several faults explain it together, no single one does that does not copy from the source.
    single = len(plainest.causes) == 1
    beyond = plainest.hypothesis.simplicity if single else (Borrowed.NODES,)
    answer = explain(case, allowed=allowed, limits=limits, writes=writes, beyond=beyond)
    return answer if isinstance(answer, Explained) else None


def cut_too_early(
    source: Graph, target: Graph, examined: Examined, segment: Segment, feeds: Mapping[str, Array]
) -> bool:
    """Whether all that is wrong with a segment is that grids end a little before its numbers: see `ended_early`."""
    return ended_early(*_judged(source, target, segment, feeds, examined.alignment, examined.localised))


def _judged(
    source: Graph,
    target: Graph,
    segment: Segment,
    feeds: Mapping[str, Array],
    alignment: Alignment,
    found: Localised,
) -> tuple[Case, dict[str, Distance]]:
    """A segment, and what rounding and coarse storage may amount to in its outputs."""
    case = case_of(source, target, segment, feeds, alignment)
    seen = [(each.coarse, each.right) for each in found.tensors.values() if each.right.largest > 0]
    usual = (
        float(np.median([own.largest / right.largest for own, right in seen])) if seen else 0.0,
        float(np.quantile([own.typical / right.typical for own, right in seen], COARSEST)) if seen else 0.0,
    )
    # A tensor that was not judged, because it lies inside a stretch, is as coarse as those of this network are.
    sizes = {name: size(case.values[name]) for name in case.right}
    known = {name: Distance(usual[0] * own.largest, usual[1] * own.typical) for name, own in sizes.items()}
    known |= {name: each.coarse for name, each in found.tensors.items()}
    return case, {name: value.worse(known[name]) for name, value in rounding(case).items()}


def together(source: Graph, target: Graph, alignment: Alignment, found: Localised) -> Iterator[Faulty]:
    """Faulty segments; those that share nodes as one, because it may be those that are at fault."""
    groups: list[list[Faulty]] = []
    for faulty in found.faulty:
        own = set(faulty.segment.nodes)
        sharing = [group for group in groups if any(own & set(each.segment.nodes) for each in group)]
        groups = [group for group in groups if group not in sharing]
        groups.append([each for group in sharing for each in group] + [faulty])
    for group in groups:
        if len(group) == 1:
            yield group[0]
        else:
            whole = joined(source, target, alignment.matches, [each.segment for each in group])
            worst = max(group, key=lambda each: each.judged.excess)
            yield Faulty(whole, worst.judged, worst.rows, next((each.failure for each in group if each.failure), ""))


def case_of(
    source: Graph, target: Graph, segment: Segment, feeds: Mapping[str, Array], alignment: Alignment | None = None
) -> Case:
    """A segment with right values at its cut, from the source.

    Args:
        alignment: where the target holds what the source's nodes read and the target's do not.
    """
    from netmend.network.tensors import torch

    beside = () if alignment is None else _beside(source, target, segment, alignment)
    cut = (*segment.inputs, *beside, *segment.outputs)
    with torch.no_grad():
        tensors = {name: as_tensor(value) for name, value in feeds.items()}
        true = forward(source, tensors, keep=list(dict.fromkeys(each.source for each in cut)))
        values = {each.target: np.ascontiguousarray(each.to_target(true[each.source].numpy())) for each in cut}
        # What is to come out lies on its grid, also where it is to be passed on; what is read is as the source has it.
        made = {each.source for each in segment.outputs}
        held = {each.target: stored(target, each.target, values[each.target]) for each in cut if each.source in made}
        values |= {name: value for name, value in held.items() if value is not None}
        right = {each.target: as_tensor(values[each.target]) for each in segment.inputs}
        try:
            got = forward(target, right, keep=[each.target for each in segment.outputs])
        except NetmendError:
            got = {}
    inputs = {each.name for each in target.inputs}
    begins = any(each.target in inputs for each in segment.inputs)
    answers = {name: value.numpy() for name, value in got.items()}
    return Case(target, source, segment, values, answers, begins, beside=beside)


def _beside(source: Graph, target: Graph, segment: Segment, alignment: Alignment) -> tuple[Correspondence, ...]:
    """What the source's nodes read that the segment does not, and that does not follow from what it makes."""
    made = {node.outputs[0]: node for node in source.nodes}
    read = {name for key in segment.source_nodes for name in made[key].inputs}
    known = {each.source for each in segment.inputs}
    known.update(name for key in segment.source_nodes for name in made[key].outputs)
    after = {name for node in target.after(each.target for each in segment.outputs) for name in node.outputs}
    after.update(each.target for each in segment.outputs)
    found = [match.correspondence for match in alignment.matches.values()]
    return tuple(each for each in found if each.source in read - known and each.target not in after)


def most_telling(errors: Array, many: int) -> Sequence[int]:
    """Rows to look at: in turn one of those that differ most and one of the others, spread over these."""
    order = [int(row) for row in np.argsort(-np.nan_to_num(errors, posinf=1e300), kind="stable")]
    if len(order) <= many:
        return order
    rest = order[many // 2 :]
    spread = [rest[at] for at in np.linspace(0, len(rest) - 1, many - many // 2).astype(int)]
    return [row for pair in zip_longest(order[: many // 2], spread) for row in pair if row is not None]

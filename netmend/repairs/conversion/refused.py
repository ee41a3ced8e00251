"""A target that its own runtime does not take, though our replay of it is right: operators spelled so that it does."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from pathlib import Path

from netmend.core.errors import NetmendError
from netmend.network.backends._base import Rewritable
from netmend.network.edits import Edit
from netmend.network.graph import Array
from netmend.network.load import load
from netmend.repairs.conversion.distance import NONE, Distance
from netmend.repairs.conversion.examine import case_of
from netmend.repairs.conversion.explain import Cause, Explained
from netmend.repairs.conversion.faults._base import Case, Hypothesis, faults
from netmend.repairs.conversion.localise import Faulty, Judged
from netmend.repairs.conversion.misfit import errors, rounding, watched
from netmend.repairs.conversion.segments import Alignment, Segment
from netmend.repairs.conversion.subject import ConvertedPair

NAME = "refused-operator"


def refused(
    pair: ConvertedPair, feeds: Mapping[str, Array], alignment: Alignment
) -> tuple[tuple[Faulty, Explained], ...]:
    """What must be spelled otherwise for the target to run; nothing where no spelling that is known helps.

    Args:
        feeds: a few inputs of the source.
    """
    if not isinstance(pair.target, Rewritable):
        return ()
    case = _whole(pair, feeds, alignment)
    allowed = rounding(case)
    equal: list[Hypothesis] = []
    for each in faults()[NAME].value.alternatives(case):
        found = errors(case.answers(each.edits), case.right)
        if all(error.within(allowed[name]) for name, error in found.items()):
            if _runs(pair, each.edits):
                return (_cause(case, (each,), found, allowed),)
            equal.append(each)
    once = {each.node: each for each in reversed(equal)}
    chosen = tuple(once[node] for node in dict.fromkeys(each.node for each in equal))
    edits = [edit for each in chosen for edit in each.edits]
    if len(chosen) > 1 and _runs(pair, edits):
        return (_cause(case, chosen, errors(case.answers(edits), case.right), allowed),)
    return ()


def _whole(pair: ConvertedPair, feeds: Mapping[str, Array], alignment: Alignment) -> Case:
    """All of the target as one stretch."""
    ends = tuple(
        alignment.matches[theirs.name].correspondence for _, theirs in pair.outputs if theirs.name in alignment.matches
    )
    nodes = [tuple(node.outputs[0] for node in graph.nodes) for graph in (pair.target.graph, pair.source.graph)]
    segment = Segment(nodes[0], tuple(pair.inputs.pairs), ends, nodes[1])
    return watched(case_of(pair.source.graph, pair.target.graph, segment, feeds))


def _runs(pair: ConvertedPair, edits: list[Edit] | tuple[Edit, ...]) -> bool:
    target = pair.target
    assert isinstance(target, Rewritable)
    try:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / f"tried{pair.paths[1].suffix}"
            target.rewrite(path, edits)
            tried = load(path)
            assert isinstance(tried, Rewritable)
            tried.outputs({name: value[:1] for name, value in pair.inputs.target.items()})
    except NetmendError:
        return False
    return True


def _cause(
    case: Case, chosen: tuple[Hypothesis, ...], after: Mapping[str, Distance], allowed: Mapping[str, Distance]
) -> tuple[Faulty, Explained]:
    fault, worst = faults()[NAME].value, max(after, key=lambda name: after[name].largest)
    causes = tuple(Cause(NAME, fault, each) for each in chosen)
    error, most = after[worst].largest, allowed[worst].largest
    explained = Explained(causes, error, error, most, len(chosen))
    return Faulty(case.segment, Judged(NONE, NONE, NONE, NONE), 0, "its runtime does not take it"), explained

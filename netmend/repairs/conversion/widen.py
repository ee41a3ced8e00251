"""Neighbouring stretches that are wrong, explained together where one simple fault explains them all.

A fault that moves numbers about (a Transpose by another order, two operators exchanged) is a right tensor in another
layout, or a tensor that the source does not have, until something reads it. Cut at every tensor it looks like several
faults behind it, each of which only a copy of the source mends. Taken as one stretch, with the transpositions before
it, it is one small edit.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np

from netmend.network.edits import SetConstant
from netmend.network.graph import Graph
from netmend.repairs.conversion.cut import joined
from netmend.repairs.conversion.explain import Explained, Unexplained
from netmend.repairs.conversion.faults._base import Borrowed, plain
from netmend.repairs.conversion.localise import Faulty
from netmend.repairs.conversion.segments import Alignment, Correspondence, Match, Segment

Cause = tuple[Faulty, Explained | Unexplained]

MOST_NODES = 40
"""Nodes of a stretch that is explained as one: more are more than one fault moves about (own choice)."""

NEXT = 8
"""Nodes behind a stretch among which its neighbour is looked for, or a tensor that is held as the source holds it (own
choice)."""

NOT_UNDERSTOOD = 100
"""Stands for the complexity of what is not explained: above that of all explanations of neighbours together."""

BY_THEMSELVES = ("P1", "S", "R", "N", "G", "W2", "D")
"""Groups of faults that are not several where one moved numbers: their edits set no order and copy no weights."""

DAMAGE, LIKE = "W4", 0.5
"""Weights that were copied from the source, and the correlation of old and new from which on they were damaged where
they are (own choice: a tenth of other numbers leaves 0.9; another order of a kernel is about 0)."""

MOVES = ("Transpose", "Reshape", "Flatten", "Squeeze", "Unsqueeze", "Cast", "Identity")
"""Operators before a stretch that belong to it, because a fault of theirs shows behind them only."""


def widened(
    source: Graph,
    target: Graph,
    alignment: Alignment,
    causes: Sequence[Cause],
    explained: Callable[[Segment, bool], Explained | Unexplained],
) -> tuple[Cause, ...]:
    """The causes, where neighbours give way to one stretch that is explained by less than they are.

    Args:
        explained: tries to explain a segment, by several faults together if the second argument says so.
    """
    left = list(causes)
    for group in _groups(target, causes):
        # All of them first, then fewer from the end: the last ones may have a fault of their own.
        for count in range(len(group), 0, -1):
            part = group[:count]
            if sum(complexity(answer) for _, answer in part) <= 1 and not _moved(target, part[0]):
                break
            if all(_by_itself(target, answer) for _, answer in part):
                break
            better = _better(source, target, alignment, part, explained)
            if better is not None:
                at = left.index(part[0])
                left = [cause for cause in left if cause not in part]
                left.insert(at, better)
                break
    return tuple(left)


def _better(
    source: Graph,
    target: Graph,
    alignment: Alignment,
    part: Sequence[Cause],
    explained: Callable[[Segment, bool], Explained | Unexplained],
) -> Cause | None:
    """One cause in the place of some, at the end of the last or at the next tensor whose layout is beyond doubt."""
    first, last = part[0][0], part[-1][0].segment
    most = sum(complexity(answer) for _, answer in part)
    several = most >= NOT_UNDERSTOOD
    plain_ends = [
        match.correspondence
        for node in target.after(each.target for each in last.outputs)[:NEXT]
        if (match := alignment.matches.get(node.outputs[0])) is not None
        and match.correspondence.layout is None
        and match.correspondence.shape is None
    ]
    for outputs in (last.outputs, *((each,) for each in plain_ends[:1])):
        wide = _together(source, target, alignment, part, outputs)
        answer = explained(wide, several) if wide is not None and len(wide.nodes) <= MOST_NODES else None
        if not isinstance(answer, Explained) or wide is None:
            continue
        restored = most == 1 and answer.fault.id == "L2" and answer.hypothesis.weight > 1
        if complexity(answer) < most or (complexity(answer) == most and restored):
            return Faulty(wide, first.judged, first.rows, first.failure), answer
    return None


def _by_itself(target: Graph, answer: Explained | Unexplained) -> bool:
    """Whether it is a setting, a bias or damage to weights, which nothing that moves numbers about is taken for."""
    if not isinstance(answer, Explained) or len(answer.causes) > 1:
        return False
    if answer.fault.id == DAMAGE:
        return all(isinstance(edit, SetConstant) and _in_place(target, edit) for edit in answer.edits)
    return answer.fault.id.startswith(BY_THEMSELVES)


def _in_place(target: Graph, edit: SetConstant) -> bool:
    """Whether the numbers of a constant stay about where they are: in another order they would be unlike."""
    old, new = (np.asarray(each, np.float64).reshape(-1) for each in (target.constants[edit.constant], edit.value))
    if old.shape != new.shape or not (np.ptp(old) and np.ptp(new)):
        return False
    return bool(np.corrcoef(old, new)[0, 1] >= LIKE)


def _moved(target: Graph, cause: Cause) -> bool:
    """Whether an order of axes is said to be wrong, of what an operator before it may have turned the wrong way."""
    faulty, answer = cause
    if not isinstance(answer, Explained) or answer.fault.id != "L2":
        return False
    before = (target.producer(each.target) for each in faulty.segment.inputs if each.layout is not None)
    return any(node is not None and plain(node.op) in MOVES for node in before)


def complexity(answer: Explained | Unexplained) -> int:
    """How many faults it takes; more than any number where none is known, or where only a copy of the source mends."""
    understood = isinstance(answer, Explained) and answer.hypothesis.borrowed < Borrowed.NODES
    return len(answer.causes) if isinstance(answer, Explained) and understood else NOT_UNDERSTOOD


def _groups(target: Graph, causes: Sequence[Cause]) -> list[list[Cause]]:
    """Causes that lie behind one another with little between, in the order of the dataflow."""
    place = {node.outputs[0]: at for at, node in enumerate(target.nodes)}
    groups: list[list[Cause]] = []
    for cause in causes:
        nodes = cause[0].segment.nodes
        group = groups[-1] if groups else []
        before = [name for faulty, _ in group for name in faulty.segment.nodes]
        near = bool(before) and place[nodes[0]] - place[before[-1]] <= NEXT
        near = near and place[nodes[-1]] - place[before[0]] <= MOST_NODES
        reached = {node.outputs[0] for node in target.after(before)} if near else set()
        if near and not reached.isdisjoint(nodes):
            group.append(cause)
        else:
            groups.append([cause])
    return groups


def _together(
    source: Graph, target: Graph, alignment: Alignment, part: Sequence[Cause], outputs: Sequence[Correspondence]
) -> Segment | None:
    """One segment from the transpositions before the first to some outputs behind the last."""
    inside = {name for faulty, _ in part for name in faulty.segment.nodes}
    for node in reversed(target.nodes):
        if plain(node.op) in MOVES and any(user.outputs[0] in inside for user in target.users(node.outputs[0])):
            inside.add(node.outputs[0])
    behind = {name for node in target.after(inside) for name in node.outputs}
    ends = {each.target for each in outputs}
    gone = (inside | (behind & _ancestors(target, list(ends)))) - ends
    if any(name in {each.name for each in target.outputs} for name in gone):
        return None
    kept = {name: match for name, match in alignment.matches.items() if name not in gone}
    kept |= {each.target: Match(each, "structure", 0.0) for each in outputs}
    return joined(source, target, kept, [replace(part[-1][0].segment, outputs=tuple(outputs))])


def _ancestors(graph: Graph, tensors: Sequence[str]) -> set[str]:
    """What some tensors depend on, and they themselves."""
    found = set(tensors)
    for node in reversed(graph.nodes):
        if not found.isdisjoint(node.outputs):
            found.update(node.inputs)
    return found

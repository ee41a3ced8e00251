"""Tensors that hold the numbers of one of the source, and at which a wrong target must not be cut all the same.

Cut there, what is at fault would lie before the cut, and what reads it would be blamed.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

from netmend.network.graph import Graph
from netmend.repairs.conversion.faults._activations import NAMES, UNFUSED
from netmend.repairs.conversion.faults._base import plain
from netmend.repairs.conversion.layouts import usual
from netmend.repairs.conversion.localise import Localised
from netmend.repairs.conversion.segments import Alignment, Segment

MOVES = ("Transpose", "Reshape", "Flatten", "Squeeze", "Unsqueeze")
"""Operators that put numbers elsewhere and change none."""


def misleading(source: Graph, target: Graph, alignment: Alignment, found: Localised) -> list[str]:
    """Some of these tensors, if there are any: without them others may come to light."""
    told = tuple(each for each in found.faulty if not _turns_alone(target, each.segment))
    found = replace(found, faulty=told)
    return (
        _early(target, alignment, found)
        or _turning(target, alignment, found)
        or _parting(source, target, found)
        or _doubles(source, target, alignment, found)
    )


def _early(target: Graph, alignment: Alignment, found: Localised) -> list[str]:
    """Faulty tensors of which a later step makes the same tensor of the source.

    On the few rows that tensors are aligned by, a step of another spelling may have the numbers of the last one: the
    lower end of a clip does, where nothing reaches the upper one.
    """
    last = {each.correspondence.source: name for name, each in alignment.matches.items()}
    again = {
        name: last[alignment.matches[name].correspondence.source]
        for name, judged in found.tensors.items()
        if judged.faulty
    }
    return [
        name for name, end in again.items() if name != end and any(end in node.outputs for node in target.after([name]))
    ]


def _turning(target: Graph, alignment: Alignment, found: Localised) -> list[str]:
    """Tensors before a faulty segment that a transposition makes, and what moves its numbers or maps each by itself.

    Their numbers are those of the source in some order of axes, whichever it is: an order that is wrong is seen only
    where it is read, and would be blamed on what reads it. Nothing else may read them.
    """
    ends = {each.name for each in target.outputs}
    turning: list[str] = []
    for faulty in found.faulty:
        for each in faulty.segment.inputs:
            inside, name, steps = set(faulty.segment.nodes), each.target, []
            node = target.producer(name)
            while node is not None and (plain(node.op) in MOVES or node.op in NAMES) and name not in ends:
                if any(user.outputs[0] not in inside and user.op != "Shape" for user in target.users(name)):
                    break
                inside.add(node.outputs[0])
                steps.append(name)
                if plain(node.op) == "Transpose" and node.inputs[0] in alignment.matches:
                    turning += steps
                    steps = []
                name = node.inputs[0]
                node = target.producer(name)
    return [name for name in turning if name in alignment.matches]


def _turns_alone(target: Graph, segment: Segment) -> bool:
    """Whether a segment is a transposition between two usual orders: then its own is wrong, and nothing is hidden."""
    made = target.producer(segment.nodes[0])
    cut = (*segment.inputs, *segment.outputs)
    alone = len(segment.nodes) == 1 and made is not None and plain(made.op) == "Transpose"
    return alone and all(each.shape is None and usual(each.layout) for each in cut)


def _parting(source: Graph, target: Graph, found: Localised) -> list[str]:
    """Tensors behind which one node of the source is missing, where the target would have it before them.

    That is so where several nodes read plainly what the source's one makes for all of them, and where an activation is
    missing that the node before could apply itself.
    """
    within = {key: faulty.segment for faulty in found.faulty for key in faulty.segment.nodes}
    parting = []
    for each in dict.fromkeys(each for faulty in found.faulty for each in faulty.segment.inputs):
        before, ours, theirs = target.producer(each.target), target.users(each.target), source.users(each.source)
        if before is None or len(theirs) != 1:
            continue
        fused = theirs[0].op in NAMES and before.attributes.get("fused_activation_function") == "NONE"
        behind = [within.get(node.outputs[0]) for node in ours]
        missing = all(part is not None and theirs[0].outputs[0] in part.source_nodes for part in behind)
        if missing and (len(ours) > 1 or (fused and before.op not in UNFUSED)):
            parting.append(each.target)
    return parting


def _doubles(source: Graph, target: Graph, alignment: Alignment, found: Localised) -> list[str]:
    """Tensors that are one of the source, of which a faulty segment reads two, or one that the source does not read.

    A wrong operator may make just the numbers that another one makes of the same tensor, as by rounding down in place
    of rounding. Which of two that a segment reads is the right one cannot be told: it is cut at neither.
    """
    times = Counter(match.correspondence.source for match in alignment.matches.values())
    doubles = []
    for faulty in found.faulty:
        nodes = (node for node in source.nodes if node.outputs[0] in faulty.segment.source_nodes)
        read = {name for node in nodes for name in node.inputs}
        within = Counter(each.source for each in faulty.segment.inputs)
        for each in faulty.segment.inputs:
            made = target.producer(each.target)
            elsewhere = times[each.source] > 1 and each.source not in read
            if made is not None and plain(made.op) not in MOVES and (elsewhere or within[each.source] > 1):
                doubles.append(each.target)
    return list(dict.fromkeys(doubles))

"""The target cut into segments at every tensor that corresponds to one of the source."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

from netmend.network.graph import Graph, Node
from netmend.repairs.conversion.segments import Match, Segment


def segments(source: Graph, target: Graph, matches: Mapping[str, Match]) -> tuple[Segment, ...]:
    """One segment for each node that makes tensors which correspond, with what it needs back to the next such tensors.

    Two segments may share nodes, where something that does not correspond is read twice.
    """
    ends = {match.correspondence.source for match in matches.values()}
    found = []
    for node in target.nodes:
        outputs = [name for name in node.outputs if name in matches]
        if outputs:
            found.append(_segment(source, target, matches, ends, outputs))
    return tuple(found)


def joined(source: Graph, target: Graph, matches: Mapping[str, Match], parts: Iterable[Segment]) -> Segment:
    """Segments that share nodes as one."""
    ends = {match.correspondence.source for match in matches.values()}
    outputs = [each.target for part in parts for each in part.outputs]
    return _segment(source, target, matches, ends, outputs)


def _segment(
    source: Graph, target: Graph, matches: Mapping[str, Match], ends: Collection[str], outputs: list[str]
) -> Segment:
    nodes, edge = between(target, outputs, matches)
    right = [matches[name].correspondence for name in outputs]
    # An output that another output is computed from is not read: to feed the right value would hide that it is wrong.
    read = tuple(matches[name].correspondence for name in edge if name in matches and name not in outputs)
    # Of what is read already the source makes nothing anew: the target's nodes have no counterpart.
    origins, _ = between(source, {each.source for each in right} - {each.source for each in read}, ends)
    return Segment(
        tuple(node.outputs[0] for node in nodes),
        read,
        tuple(right),
        tuple(node.outputs[0] for node in origins),
    )


def between(graph: Graph, outputs: Iterable[str], ends: Collection[str]) -> tuple[list[Node], list[str]]:
    """The nodes that make some tensors from those in `ends`, in order, and which of these they read."""
    wanted, nodes = set(outputs), []
    for node in reversed(graph.nodes):
        if not wanted.isdisjoint(node.outputs):
            nodes.append(node)
            wanted.update(name for name in node.inputs if name and name not in ends)
    nodes.reverse()
    return nodes, list(dict.fromkeys(name for node in nodes for name in node.inputs if name in ends))

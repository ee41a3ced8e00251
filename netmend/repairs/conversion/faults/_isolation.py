"""The segment of a graph with edits, cut where the healthy graph has the same tensors: what localising comes to when
it is known what was edited.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from netmend.network.graph import Array, Graph, Node
from netmend.repairs.conversion.faults._base import Case, evaluated
from netmend.repairs.conversion.segments import Correspondence, Segment


def isolated(healthy: Graph, faulty: Graph, inputs: Mapping[str, Array], grown: int = 0) -> Case:
    """The case of all edited nodes together.

    Args:
        grown: how many nodes that read the segment are taken into it, as where little can be aligned.
    """
    feeds = {name: value.astype(np.float64) if value.dtype.kind == "f" else value for name, value in inputs.items()}
    names = [name for node in healthy.nodes for name in node.outputs if name]
    right = {**(evaluated(healthy, feeds, names) or {}), **feeds}
    inside = changed(healthy, faulty)
    for _ in range(grown):
        made = _made(faulty, inside)
        more = next((node for node in faulty.nodes if node.outputs[0] not in inside and made & {*node.inputs}), None)
        inside |= {more.outputs[0]} if more else set()
    inside = _closed(faulty, inside, set(right))
    nodes = [node for node in faulty.nodes if node.outputs[0] in inside]
    made = _made(faulty, inside)
    reads = {name for node in nodes for name in node.inputs if name} - made - faulty.constants.keys()
    asked = {each.name for each in faulty.outputs}
    gives = [name for name in made & right.keys() if name in asked or _read_outside(faulty, name, inside)]
    origins, read = _origins(healthy, gives, right.keys() & _made(faulty, None) - made | {*feeds})
    beside = sorted(read - reads)
    segment = Segment(
        tuple(node.outputs[0] for node in nodes),
        tuple(Correspondence(name, name) for name in sorted(reads)),
        tuple(Correspondence(name, name) for name in sorted(gives)),
        origins,
    )
    values = {name: right[name] for name in (*reads, *beside, *gives)}
    got = evaluated(faulty, {name: right[name] for name in reads}, gives) or {}
    begins = not reads.isdisjoint(each.name for each in faulty.inputs)
    extra = tuple(Correspondence(name, name) for name in beside)
    return Case(faulty, healthy, segment, values, got, begins, beside=extra)


def changed(healthy: Graph, faulty: Graph) -> set[str]:
    """First outputs of nodes that differ, or read constants that do."""
    before = {node.outputs[0]: node for node in healthy.nodes}
    constants = {name for name, value in faulty.constants.items() if healthy.constants.get(name) is not value}
    constants |= {name for name, grid in faulty.quantisation.items() if healthy.quantisation.get(name) is not grid}
    return {
        node.outputs[0]
        for node in faulty.nodes
        if not _same(node, before.get(node.outputs[0])) or constants & {*node.inputs, *node.outputs}
    }


def _same(node: Node, other: Node | None) -> bool:
    if other is None or (node.op, node.inputs, node.outputs) != (other.op, other.inputs, other.outputs):
        return False
    return repr(dict(node.attributes)) == repr(dict(other.attributes))


def _closed(graph: Graph, inside: set[str], known: set[str]) -> set[str]:
    """With everything up to the next tensors that are known."""
    while True:
        made = {name: node.outputs[0] for node in graph.nodes for name in node.outputs}
        more = set(inside)
        for node in graph.nodes:
            if node.outputs[0] not in inside:
                continue
            more |= {made[name] for name in node.inputs if name in made and name not in known}
            more |= {
                user.outputs[0] for name in node.outputs if name not in known for user in graph.users(name) if name
            }
        if more == inside:
            return inside
        inside = more


def _made(graph: Graph, inside: set[str] | None) -> set[str]:
    """What some nodes make, or all."""
    nodes = (node for node in graph.nodes if inside is None or node.outputs[0] in inside)
    return {name for node in nodes for name in node.outputs if name}


def _read_outside(graph: Graph, name: str, inside: set[str]) -> bool:
    return any(user.outputs[0] not in inside for user in graph.users(name))


def _origins(graph: Graph, outputs: list[str], ends: set[str]) -> tuple[tuple[str, ...], set[str]]:
    """The nodes that make some tensors from those at which one may stop, and which of these they read."""
    wanted, found, read = set(outputs), [], set()
    for node in reversed(graph.nodes):
        if wanted.isdisjoint(node.outputs):
            continue
        found.append(node.outputs[0])
        for name in node.inputs:
            if name in ends and name not in outputs:
                read.add(name)
            elif name:
                wanted.add(name)
    return tuple(found[::-1]), read

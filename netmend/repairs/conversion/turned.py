"""Transpositions that order axes otherwise than the source's of the same tensor, and what follows if they are wrong.

What such a one makes holds the source's numbers in another order, and is recognised as that. If it is not meant, all
that reads it follows the wrong order, and is blamed for it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

from netmend.network.graph import Graph
from netmend.repairs.conversion.faults._base import plain
from netmend.repairs.conversion.localise import Localised
from netmend.repairs.conversion.segments import Alignment, Correspondence

Aligned = tuple[Alignment, Localised]
"""What corresponds, and what is wrong then."""


def turned_back(
    source: Graph, target: Graph, first: Aligned, anew: Callable[[list[Correspondence]], Aligned]
) -> Aligned:
    """The alignment in which every such tensor that is better held in the source's order is held so.

    Args:
        first: alignment by numbers alone. anew: the alignment where some tensors are held as they are said to be.
    """
    best, kept = first, list[Correspondence]()
    for each in list(_turned(source, target, *first)):
        other = anew([*kept, each])
        if _wrong(other[1]) <= _wrong(best[1]):
            best, kept = other, [*kept, each]
    return best


def _wrong(found: Localised) -> int:
    """Nodes of all faulty segments."""
    return len({name for faulty in found.faulty for name in faulty.segment.nodes})


def _turned(source: Graph, target: Graph, alignment: Alignment, found: Localised) -> Iterator[Correspondence]:
    """What a transposition makes before a faulty segment, in the order that the source's of the same tensor makes."""
    read = {each.target for faulty in found.faulty for each in faulty.segment.inputs}
    held = {name: match.correspondence for name, match in alignment.matches.items()}
    for node in target.nodes:
        name, before = node.outputs[0], held.get(node.inputs[0]) if node.inputs else None
        if plain(node.op) != "Transpose" or name not in read or name not in held or before is None:
            continue
        same, origin = held[name], source.producer(held[name].source)
        turned = same.layout is not None and same.shape is None and (before.layout, before.shape) == (None, None)
        if turned and origin is not None and plain(origin.op) == "Transpose" and origin.inputs[0] == before.source:
            yield replace(same, layout=None)

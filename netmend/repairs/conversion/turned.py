"""Transpositions that order axes otherwise than is to be expected, and what follows if they are wrong.

What such a one makes holds the source's numbers in another order, and is recognised as that. If it is not meant, all
that reads it follows the wrong order, and is blamed for it: of a picture with rows and columns exchanged each
convolution sees the neighbours at other places, and many of them still make what the source's make, exchanged.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace

from netmend.network.graph import Graph
from netmend.repairs.conversion.faults._base import plain
from netmend.repairs.conversion.layouts import ORDERS, usual
from netmend.repairs.conversion.localise import Localised
from netmend.repairs.conversion.segments import Alignment, Correspondence

Aligned = tuple[Alignment, Localised]
"""What corresponds, and what is wrong then."""


def turned_back(
    source: Graph,
    target: Graph,
    shapes: Mapping[str, tuple[int, ...]],
    first: Aligned,
    anew: Callable[[list[Correspondence]], Aligned],
) -> Aligned:
    """The alignment in which every such tensor that is better held in the expected order is held so.

    Args:
        shapes: of the source's tensors, for some number of rows.
        first: alignment by numbers alone. anew: the alignment where some tensors are held as they are said to be.
    """
    best, kept, tried = first, list[Correspondence](), set[str]()
    while orders := next(
        (each for each in _turned(source, target, shapes, *best) if each[0].target not in tried), None
    ):
        tried.add(orders[0].target)
        others = [([*kept, each], anew([*kept, each])) for each in orders]
        given, other = min(others, key=lambda each: _wrong(each[1][1]))
        if _wrong(other[1]) <= _wrong(best[1]):
            best, kept = other, given
    return best


def _wrong(found: Localised) -> int:
    """Nodes of all faulty segments."""
    return len({name for faulty in found.faulty for name in faulty.segment.nodes})


def _turned(
    source: Graph, target: Graph, shapes: Mapping[str, tuple[int, ...]], alignment: Alignment, found: Localised
) -> Iterator[list[Correspondence]]:
    """What transpositions make, where something is wrong, each in the orders that are to be expected.

    That is the order that the source's transposition of the same tensor makes, and of pictures channels first or last.
    """
    held = {name: match.correspondence for name, match in alignment.matches.items()}
    for node in target.nodes if found.faulty else ():
        name, before = node.outputs[0], held.get(node.inputs[0]) if node.inputs else None
        if plain(node.op) != "Transpose" or name not in held or before is None or before.shape is not None:
            continue
        same, origin = held[name], source.producer(held[name].source)
        if same.layout is None or same.shape is not None:
            continue
        if origin is not None and plain(origin.op) == "Transpose" and origin.inputs[0] == before.source:
            if before.layout is None:
                yield [replace(same, layout=None)]
        elif same.layout[0] == 0 and not usual(same.layout) and usual(before.layout):
            # Of those that make the same shape: rows and columns can be exchanged unseen where they are as long.
            shape = shapes[same.source]
            as_long = [shape[axis] for axis in same.layout]
            orders = [order for order in ORDERS.get(len(shape), ()) if [shape[axis] for axis in order] == as_long]
            if orders:
                plainly = tuple(range(len(shape)))
                yield [replace(same, layout=None if order == plainly else order) for order in orders]

"""Tensors whose grid ends before their numbers do, so that not all of these are found behind it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from netmend.network.graph import Array, Graph, Node
from netmend.repairs.conversion.distance import distance, rms
from netmend.repairs.conversion.grids import stored
from netmend.repairs.conversion.known import Known
from netmend.repairs.conversion.segments import Correspondence, Match


def cut_off(
    graph: Graph, node: Node, value: Array, matches: Mapping[str, Match], known: Known, tolerance: float
) -> Correspondence | None:
    """What a pair of quantisation makes of a tensor that is known before it: that one, or what an operator makes of it.

    Args:
        graph: of the target. node: the last one of the pair. value: what it makes.
        tolerance: largest relative error, root mean square, from the source's tensor cut off where the grid ends.
    """
    name = node.outputs[0]
    maker = graph.producer(node.inputs[0]) if node.op == "DequantizeLinear" and name in graph.quantisation else None
    before = None if maker is None else matches.get(maker.inputs[0])
    if before is None:
        return None
    same = before.correspondence
    shape = known.values[same.source].shape
    behind = [made for reader in known.graph.users(same.source) for made in reader.outputs if made in known.values]
    for source in (same.source, *behind):
        held = known.values[source]
        right = stored(graph, name, same.to_target(held)) if held.shape == shape else None
        if right is not None and distance(value, right).typical <= tolerance * rms(right):
            return replace(same, target=name, source=source)
    return None

"""Layers in integers whose stored weights are not the source's on their grid.

Where numbers are coarse, outputs say less than what is stored. A tensor with damage before it may be passed over, and
one behind it be taken for right enough; damage may stay within what rounding is allowed in every layer, and still show
in what the network answers.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from netmend.network.edits import Edit
from netmend.network.graph import Graph
from netmend.repairs.conversion.codes import Codes, codes_of
from netmend.repairs.conversion.distance import distance, rms
from netmend.repairs.conversion.faults._activations import NAMES
from netmend.repairs.conversion.faults._base import Case, constant_edits
from netmend.repairs.conversion.faults._linear import BIAS, Layer, held, like, pairs
from netmend.repairs.conversion.localise import Faulty, Localised
from netmend.repairs.conversion.segments import Alignment, Correspondence, Match, Segment

STEPS = 1.0
"""Root mean square, in steps of the grid, from which on stored numbers are not the source's rounded: rounding at random
in place of to the nearest makes at most 0.58 (own choice)."""

SHOWS = 1.1
"""How many times what is left with the source's weights a layer has to be off for the difference to matter (own
choice)."""


@dataclass(frozen=True, slots=True, eq=False)
class Unlike:
    """A layer of the target, that of the source whose weights are nearest, and the edits that store these."""

    ours: Layer
    theirs: Layer
    edits: tuple[Edit, ...]


def with_passed_over(source: Graph, target: Graph, alignment: Alignment, found: Localised) -> Alignment:
    """The same with what such layers make inside faulty segments, where it was recognised as nothing."""
    taken = {match.correspondence.source for match in alignment.matches.values()}
    held = dict(alignment.matches)
    for faulty in found.faulty if target.on_grids else ():
        for each in _unlike(source, target, faulty.segment):
            output, end = each.ours.output, _end(source, faulty.segment, each)
            orders = _orders(faulty.segment, each)
            if output not in held and end not in taken and orders:
                held[output] = Match(Correspondence(output, end, orders[0]), "structure", 0.0)
    if len(held) == len(alignment.matches):
        return alignment
    place = {name: at for at, node in enumerate(target.nodes) for name in node.outputs}
    ordered = sorted(held, key=lambda name: place.get(name, -1))
    unaligned = {name: why for name, why in alignment.unaligned.items() if name not in held}
    return Alignment({name: held[name] for name in ordered}, unaligned)


def with_hidden(
    source: Graph, target: Graph, parts: Sequence[Segment], found: Localised, case_of: Callable[[Segment], Case]
) -> Localised:
    """The same with segments that are wrong by such weights alone, and what they may be off by with the source's."""
    known = {name for faulty in found.faulty for name in faulty.segment.nodes}
    tensors, faulty = dict(found.tensors), list(found.faulty)
    for segment in parts if target.on_grids else ():
        if not known.isdisjoint(segment.nodes):
            continue
        edits = [edit for each in _unlike(source, target, segment) for edit in each.edits]
        whole = case_of(segment) if edits else None
        right = None if whole is None else whole.answers(edits)
        if whole is None or right is None or not all(name in tensors for name in right):
            continue
        allowed = {name: distance(value, whole.right[name]).times(SHOWS) for name, value in right.items()}
        judged = {name: replace(tensors[name], coarse=most) for name, most in allowed.items()}
        if any(each.faulty for each in judged.values()):
            tensors |= judged
            faulty.append(Faulty(segment, max(judged.values(), key=lambda each: each.excess), found.rows))
    place = {segment.nodes: at for at, segment in enumerate(parts)}
    faulty.sort(key=lambda each: place[each.segment.nodes])
    return replace(found, tensors=tensors, faulty=tuple(faulty))


def damaged(source: Graph, target: Graph, segment: Segment) -> bool:
    """Whether a segment has such a layer, whatever it does to numbers."""
    return any(True for _ in _unlike(source, target, segment))


def _unlike(source: Graph, target: Graph, segment: Segment) -> Iterator[Unlike]:
    """The layers of a segment whose weights are none of the source's there."""
    best: dict[str, tuple[float, Unlike]] = {}
    case = Case(target, source, segment, {}, {}, inputs=False)
    for ours, theirs in pairs(case):
        node = ours.through[0]
        name = node.inputs[1]
        stored, grid = held(target, node), target.quantisation.get(name) or codes_of(target, name)
        weight = like(theirs.weight, node, stored)
        if grid is not None and weight is not None:
            nearest = grid.nearest(weight) if isinstance(grid, Codes) else grid.codes(weight)
            off = float(np.sqrt(np.mean((nearest.astype(np.float64) - stored.astype(np.float64)) ** 2)))
            if name not in best or off < best[name][0]:
                best[name] = off, Unlike(ours, theirs, constant_edits(target, node, 1, weight))
    for name, (off, each) in best.items():
        if off <= STEPS:
            best[name] = _by_bias(target, each)
    return (each for off, each in best.values() if off > STEPS)


def _by_bias(target: Graph, each: Unlike) -> tuple[float, Unlike]:
    """By how many steps of its grid the bias of an ONNX layer is not the source's, and the edits that store that."""
    node = each.ours.through[0]
    place = BIAS.get(node.op, len(node.inputs))
    integers = codes_of(target, node.inputs[place]) if place < len(node.inputs) else None
    if integers is None or integers.codes.shape != each.theirs.bias.shape:
        return 0.0, each
    steps = integers.nearest(each.theirs.bias).astype(np.float64) - integers.codes
    return rms(steps), replace(each, edits=constant_edits(target, node, place, each.theirs.bias))


def _orders(segment: Segment, each: Unlike) -> list[tuple[int, ...] | None]:
    """In which orders of axes a layer may hold what the source's makes: of pictures as what the segment reads."""
    rank = each.ours.weight.ndim
    if each.theirs.weight.ndim != rank:
        return []
    if rank == 2:
        return [None]
    plain = (read.layout for read in segment.inputs if read.shape is None)
    return [order for order in plain if order is None or len(order) == rank]


def _end(source: Graph, segment: Segment, each: Unlike) -> str:
    """The source's tensor that is what a layer of the target makes, with an activation that it applies itself."""
    output = each.theirs.output
    behind = source.users(output)
    fused = each.ours.through[0].attributes.get("fused_activation_function", "NONE") != "NONE"
    if fused and len(behind) == 1 and behind[0].op in NAMES and behind[0].outputs[0] in segment.source_nodes:
        return behind[0].outputs[0]
    return output

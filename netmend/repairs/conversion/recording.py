"""What each side answers in its own runtime, in a replay in float64, and how much rounding may amount to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from netmend.core.errors import NetmendError, UnsupportedModel, UsageError
from netmend.network.agreement import LOOSE
from netmend.network.backends._base import Network, Rewritable
from netmend.network.evaluate import as_tensor, constant_tensor, evaluated, forward, run, walk
from netmend.network.graph import Array, Graph, Node, Signature
from netmend.network.ops._base import Call
from netmend.repairs.conversion.distance import NONE, Distance, differences, distance, size
from netmend.repairs.conversion.grids import coarse, noise
from netmend.repairs.conversion.layouts import layouts
from netmend.repairs.conversion.localise import COARSE_MARGIN, FLOOR, MARGIN
from netmend.repairs.conversion.requirement._base import Answers
from netmend.repairs.conversion.segments import Match

if TYPE_CHECKING:
    import torch

REPLAYED = 4
"""Rows that are replayed in float64 to see what rounding does (own choice)."""

DRAWS = 3
"""How often coarse constants are rounded anew to see what that does: one draw may happen to do little (own choice)."""

ALIKE = 2.0**-20
"""Difference, as a share of the number and of the largest, up to which a row is answered alike in another batch: some
roundings in single precision, which go in another order there."""

AT_ONCE = 32
"""Rows that are run at once, so that the memory of a pass stays small."""


@dataclass(frozen=True, slots=True, eq=False)
class Recorded:
    """One side.

    Attributes:
        outputs: by name, in its own runtime. failure: why there are none; empty if there are.
        rounding: by output, the difference of runtime and replay.
        coarse: by output, what storing constants coarsely may do; none if none are.
    """

    outputs: Mapping[str, Array]
    rounding: Mapping[str, Distance]
    coarse: Mapping[str, Distance]
    failure: str = ""


def own_outputs(
    network: Network, feeds: Mapping[str, Array], known: Mapping[str, Array] | None = None
) -> dict[str, Array]:
    """Every output in the network's own runtime.

    Args:
        known: what it answered to these rows in other company, by output: taken for the rows that are not replayed
            if it answers to those that are as it did, because then rows do not depend on one another.

    Raises:
        UsageError, UnsupportedModel: the runtime does not run it.
    """
    if not isinstance(network, Rewritable):
        return {network.graph.outputs[0].name: network.run(feeds)}
    rows = len(next(iter(feeds.values())))
    # Those that are replayed go by themselves, because an answer may depend on what else is in the batch.
    starts = [0, *range(REPLAYED, rows, AT_ONCE)]
    parts: list[Mapping[str, Array]] = []
    for start, end in zip(starts, [*starts[1:], rows], strict=True):
        parts.append(network.outputs({name: value[start:end] for name, value in feeds.items()}))
        if start == 0 and known is not None and _same(parts[0], known, rows):
            parts.append({name: value[end:] for name, value in known.items()})
            break
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}


def _same(first: Mapping[str, Array], known: Mapping[str, Array], rows: int) -> bool:
    """Whether the first rows were answered alike, and each row by itself."""
    return first.keys() == known.keys() and all(
        value.ndim > 0
        and len(known[name]) == rows
        and known[name][: len(value)].shape == value.shape
        and np.allclose(known[name][: len(value)], value, rtol=ALIKE, atol=ALIKE * size(value).largest, equal_nan=True)
        for name, value in first.items()
    )


def recorded(
    network: Network,
    feeds: Mapping[str, Array],
    source: Graph | None = None,
    coarser: Mapping[str, Distance] | None = None,
    known: Mapping[str, Array] | None = None,
) -> Recorded:
    """Run one side, and replay some rows; a network that does not run is recorded too.

    Args:
        source: numbers that this graph stores too are exact, however coarsely they are stored.
        coarser: by output, what storing constants coarsely may do, where that is known; else it is found out.
        known: see `own_outputs`.
    """
    names = [each.name for each in network.graph.outputs]
    try:
        outputs = own_outputs(network, feeds, known)
    except (UsageError, UnsupportedModel) as error:
        return Recorded({}, dict.fromkeys(names, NONE), dict.fromkeys(names, NONE), error.what)
    few = {name: value[:REPLAYED] for name, value in feeds.items()}
    rounding = dict.fromkeys(names, NONE)
    try:
        replay = run(network.graph, few)
        coarser = _coarse(network.graph, few, replay, source) if coarser is None else coarser
    except NetmendError:
        return Recorded(outputs, rounding, dict.fromkeys(names, NONE))
    for name in names:
        most = LOOSE[network.precision] * max(1.0, size(replay[name]).largest)
        # As many as the replay has, because an output need not have one row for each input.
        found = distance(real_values(network.graph, name, outputs[name][: len(replay[name])]), replay[name])
        rounding[name] = Distance(min(found.largest, most), min(found.typical, most))
    return Recorded(outputs, rounding, coarser)


def _coarse(
    graph: Graph, feeds: Mapping[str, Array], replay: Mapping[str, Array], source: Graph | None
) -> dict[str, Distance]:
    """What storing constants coarsely may do to each output: the response to rounding them anew."""
    found = dict.fromkeys(replay, NONE)
    grids = _stored_coarsely(graph, source)
    if grids:
        shapes = {name: graph.constants[name].shape for name in grids}
        for seed in range(DRAWS):
            shifts = noise(grids, shapes, seed)
            moved = {
                name: real_values(graph, name, value).astype(np.float64) + shifts[name] if name in shifts else value
                for name, value in graph.constants.items()
            }
            shaken = run(replace(graph, constants=moved), feeds)
            for name, value in replay.items():
                found[name] = found[name].worse(distance(shaken[name], value).scaled(COARSE_MARGIN))
    return found


def _stored_coarsely(graph: Graph, source: Graph | None) -> dict[str, Array]:
    """By constant, how far neighbouring numbers of its grid are apart, in units of what is stored."""
    steps = coarse(graph, source)
    found = {name: step for name, step in steps.items() if name in graph.constants}
    for node in graph.nodes:
        # A code is one from the next, whatever it is multiplied by.
        if node.op == "DequantizeLinear" and node.outputs[0] in steps:
            found[node.inputs[0]] = np.ones(1)
    return found


def quantised(
    source: Graph, target: Graph, matches: Mapping[str, Match], feeds: Mapping[str, Array]
) -> dict[str, Distance]:
    """The change of each output of the source if its tensors are rounded to the grids that the target has for them.

    This is what quantising the source as intended does, whatever else happened to the target. Zero without grids.

    Args:
        feeds: a few inputs of the source.
    """
    from netmend.network.ops.quantisation import on_own_grid
    from netmend.network.tensors import torch

    held = {*target.quantisation, *target.ranges}
    grids = {match.correspondence.source: name for name, match in matches.items() if name in held}
    names = [each.name for each in source.outputs]
    if not grids:
        return dict.fromkeys(names, NONE)

    def on_grid(name: str, value: torch.Tensor) -> torch.Tensor:
        if name not in grids or not value.is_floating_point():
            return value
        if grids[name] in target.ranges:
            return on_own_grid(value)
        same, scheme = matches[grids[name]].correspondence, target.quantisation[grids[name]]
        rounded = scheme.values(scheme.codes(same.to_target(value.numpy())))
        return torch.from_numpy(np.ascontiguousarray(same.to_source(rounded)))

    def apply(node: Node, inputs: tuple[torch.Tensor | None, ...]) -> tuple[torch.Tensor, ...]:
        found = evaluated(Call(node, inputs, source.opset, torch.float64, source.quantisation))
        return tuple(on_grid(name, value) for name, value in zip(node.outputs, found, strict=False))

    given = {name: as_tensor(real_values(source, name, value)) for name, value in feeds.items()}
    typed = {name: value.double() if value.is_floating_point() else value for name, value in given.items()}
    with torch.no_grad():
        plain = forward(source, given, keep=names)
        rounded = walk(
            source,
            {name: on_grid(name, value) for name, value in typed.items()},
            names,
            lambda name: constant_tensor(source, name, torch.float64),
            apply,
        )
    return {name: distance(rounded[name].numpy(), plain[name].numpy()) for name in names}


def real_values(graph: Graph, name: str, value: Array) -> Array:
    """The real numbers that a runtime's output stands for."""
    scheme = graph.quantisation.get(name)
    return value if scheme is None or value.dtype.kind == "f" else scheme.values(value)


def answers(
    source: Recorded,
    target: Recorded,
    graphs: tuple[Graph, Graph],
    outputs: Sequence[tuple[Signature, Signature]],
    rows: tuple[str, ...],
    budget: Mapping[str, Distance] | None = None,
    *,
    keep: bool = True,
) -> Answers:
    """Both sides' outputs under the source's names and in its layouts, and what rounding may amount to.

    Args:
        budget: by output of the source, what quantising it as intended does; see `quantised`.
        keep: what storing numbers coarsely explains is allowed.
    """
    one, other, allowed, coarser = {}, {}, {}, {}
    for own, theirs in outputs:
        right = real_values(graphs[0], own.name, source.outputs[own.name])
        got = real_values(graphs[1], theirs.name, target.outputs[theirs.name])
        one[own.name], other[own.name] = right, as_source(right, got, len(rows))
        rounding, flips = source.rounding[own.name].largest, NONE
        if graphs[1].on_grids:
            # Half-way between two neighbours of a grid a number goes either way: whole steps, and no sum of roundings.
            flips = target.rounding[theirs.name]
        else:
            rounding = max(rounding, target.rounding[theirs.name].largest)
        allowed[own.name] = MARGIN * rounding + FLOOR * size(right).largest
        intended = flips.worse((budget or {}).get(own.name, NONE)).times(COARSE_MARGIN.typical)
        coarser[own.name] = target.coarse[theirs.name].plus(intended) if keep else NONE
    return Answers(one, other, allowed, coarser, rows)


def as_source(right: Array, got: Array, rows: int) -> Array:
    """The target's output in the source's layout: of those that its shape allows the one that is nearest."""
    if got.shape == right.shape:
        return got
    found = []
    for order, shape in layouts(got.shape, right.shape, rows):
        turned = got if order is None else got.transpose(order)
        there = turned if shape is None else turned.reshape(right.shape)
        found.append((float(np.mean(np.minimum(differences(there, right), 1e300))), there))
    return min(found, key=lambda pair: pair[0])[1] if found else got

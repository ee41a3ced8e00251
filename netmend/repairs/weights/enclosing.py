"""The slack of many points with bounds of its rounding error, in several precisions at once.

Our own values are computed once for all precisions. What lies before a change is enclosed once for all changes of the
same constants: a repair checks several, one after the other.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from netmend.core.errors import NoErrorBound
from netmend.network.bounds import Enclosure, bounds
from netmend.network.graph import Graph
from netmend.repairs.weights.activations import Activations
from netmend.repairs.weights.outlet import Outlet
from netmend.repairs.weights.requirements._base import Array
from netmend.repairs.weights.window import CHUNK_BYTES

if TYPE_CHECKING:
    from torch import Tensor

VOID = 0.25
"""Times the outputs that the bound of the first point must exceed for no other point's to be computed: it then proves
next to nothing, and takes four passes for each point (own choice)."""

Fed = Mapping[str, "Array | Enclosure"]


@dataclass(slots=True)
class Prefix:
    """Enclosures of what lies before a change, by tensors, precision and first point; up to `CHUNK_BYTES`.

    Attributes:
        activations: the same tensors without bounds, where there are none.
    """

    known: dict[tuple[tuple[str, ...], str, int], Mapping[str, Enclosure]] = field(default_factory=dict)
    bytes: int = 0
    activations: Activations | None = None

    def keep(self, key: tuple[tuple[str, ...], str, int], found: Mapping[str, Enclosure]) -> None:
        """Remember enclosures if there is room."""
        self.bytes += sum(16 * each.value.numel() for each in found.values())
        if self.bytes <= CHUNK_BYTES:
            self.known[key] = found


@dataclass(frozen=True, slots=True, eq=False)
class Bounded:
    """Slack of every point, and how far it may be off, in one precision, (N,) each."""

    slack: Array
    error: Array


def bounded(
    graph: Graph,
    feeds: Mapping[str, Array],
    outlet: Outlet,
    step: int,
    precisions: Sequence[str],
    changed: Sequence[str] = (),
    prefix: Prefix | None = None,
) -> dict[str, Bounded | NoErrorBound]:
    """Slack and error in each precision, or why there is no bound; the finest first, and none where that has none.

    Args:
        step: points of one pass. changed: constants that differ from those of earlier calls with this prefix.
    """
    values: dict[str, list[Array]] = {name: [] for name in precisions}
    errors: dict[str, list[Array]] = {name: [] for name in precisions}
    refused: dict[str, NoErrorBound] = {}
    points = len(next(iter(feeds.values())))
    frontier = before(graph, changed, outlet.tensor) if prefix is not None and changed else ()
    for part in [slice(0, 1), *(slice(start, min(start + step, points)) for start in range(1, points, step))]:
        given = {name: feeds[name][part] for name in feeds}
        seen: dict[str, tuple[Tensor, ...]] = {}
        for precision in precisions:
            if precision in refused:
                continue
            try:
                fed = _fed(graph, given, frontier, precision, part.start, prefix, seen)
                enclosure = bounds(graph, fed, precision=precision, keep=[outlet.tensor], values=seen)[outlet.tensor]
            except NoErrorBound as found:
                refused[precision] = found
                if precision == precisions[0]:
                    return dict.fromkeys(precisions, found)
                continue
            value = enclosure.value.reshape(part.stop - part.start, -1).numpy()
            error = np.zeros_like(value) if enclosure.error is None else enclosure.error.reshape(value.shape).numpy()
            if part.start == 0 and np.all(error > VOID * np.abs(value).max()):
                why = f"that of {precision} is far larger than the outputs"
                refused[precision] = NoErrorBound(why, hint="use --precision exact")
                if precision == precisions[0]:
                    return dict.fromkeys(precisions, refused[precision])
            values[precision].append(value)
            errors[precision].append(error)
    return {
        name: refused[name]
        if name in refused
        else _slack(outlet, np.concatenate(values[name]), np.concatenate(errors[name]))
        for name in precisions
    }


def _slack(outlet: Outlet, value: Array, error: Array) -> Bounded:
    # Points of one region choose the same alternative, so all are judged at once.
    slack = outlet.requirement.slack(value)
    with np.errstate(invalid="ignore"):
        off = slack - outlet.requirement.slack(value, error)
    return Bounded(slack, np.where(np.isnan(off), np.inf, off))


def _fed(
    graph: Graph,
    given: Mapping[str, Array],
    frontier: tuple[str, ...],
    precision: str,
    start: int,
    prefix: Prefix | None,
    seen: dict[str, tuple[Tensor, ...]],
) -> Fed:
    """What to begin from: the inputs, or enclosures of the tensors before the change."""
    if prefix is None or set(frontier) <= given.keys():
        return given
    key = frontier, precision, start
    if key not in prefix.known:
        found = bounds(graph, given, precision=precision, keep=frontier, values=seen)
        prefix.keep(key, found)
        return found
    return prefix.known[key]


def before(graph: Graph, changed: Sequence[str], output: str) -> tuple[str, ...]:
    """Tensors that do not depend on the changed constants and from which everything that does can be computed."""
    nodes = graph.after(changed)
    made = {name for node in nodes for name in node.outputs}
    read = {name for node in nodes for name in node.inputs} | {output}
    return tuple(sorted(name for name in read - made if name and name not in graph.constants))

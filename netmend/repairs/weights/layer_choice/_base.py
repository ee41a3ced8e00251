"""The shape of a heuristic: one score for each layer; the layer with the highest is edited first.

What a heuristic may look at is a `Context`. None of it is data that the report measures harm on.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from netmend.core.discover import contributions
from netmend.core.errors import UsageError
from netmend.network.backends._base import Network
from netmend.network.layers import LinearLayer
from netmend.repairs.weights.methods._base import WeightChange
from netmend.repairs.weights.requirements._base import Array
from netmend.repairs.weights.requirements.labels import Labels
from netmend.repairs.weights.specification import Inputs, Specification

if TYPE_CHECKING:
    from netmend.repairs.weights.layer_repair import Attempt
    from netmend.repairs.weights.methods._base import Answer, Problem


@dataclass(frozen=True, slots=True, eq=False)
class Context:
    """What a heuristic may look at.

    Attributes:
        layers: the candidates, in forward order.
        output: the tensor that the requirement reads. threshold: at which it turns from class 0 to class 1, where it
            is a single number; values are looked at as if that were zero.
        ordinary: inputs the network should go on to answer as it does: the reference inputs, or what stands in.
        clean: uncorrupted counterparts of the specification's points, in the same order; None if there are none.
        problem: the problem of repairing one layer, with its norm.
        probe: the first linearisation at a layer: a change that is neither verified nor complete; None if it has none.
            Remembered, so that several heuristics may ask.
        seed: of whatever is random.
        norm: by which a change is to be small, one of `netmend.repairs.weights.metric.NORMS`.
        repaired: the full repair of one layer, remembered. loss: what a change costs on the held-out inputs for
            choosing, a fraction; None if there are none. Neither looks at what the report measures harm on.
        tried: the first proposals at some layers, neither checked nor with raised margins, remembered; None if none
            are made.
        others: layers that can be edited and are no candidates. excluded: why others cannot be, by name.
    """

    network: Network
    specification: Specification
    layers: tuple[LinearLayer, ...]
    output: str
    ordinary: Inputs
    problem: Callable[[LinearLayer], Problem]
    probe: Callable[[LinearLayer], WeightChange | None]
    clean: Inputs | None = None
    seed: int = 0
    repaired: Callable[[LinearLayer], Attempt] | None = None
    loss: Callable[[WeightChange], float] | None = None
    norm: str = "l2"
    tried: Callable[[tuple[LinearLayer, ...]], list[Answer]] | None = None
    others: tuple[LinearLayer, ...] = ()
    excluded: Mapping[str, str] = field(default_factory=dict)
    threshold: float = 0.0


@dataclass(frozen=True, slots=True)
class Heuristic:
    """One heuristic.

    Attributes:
        scores: one number for each layer of the context, greater is better; NaN where a layer has none.
        unit: what the number is, for the table of reasons.
        needs: what must be there: "clean", "labels" (class labels are required), "held-out".
        costly: it solves or evaluates for every layer, so that its time grows with their number.
    """

    scores: Callable[[Context], Array]
    unit: str
    needs: tuple[str, ...] = ()
    costly: bool = False


@dataclass(frozen=True, slots=True)
class Ranking:
    """Layers, best first, with their scores and why they were ranked so."""

    heuristic: str
    unit: str
    layers: tuple[LinearLayer, ...]
    scores: tuple[float, ...]
    reason: str


AUTO = "shortlist"
"""The heuristic behind --layer auto, chosen on small networks that are no part of the benchmark (docs/weights.md)."""


def heuristics() -> dict[str, Heuristic]:
    """All heuristics by name."""
    found = contributions("netmend.repairs.weights.layer_choice", Heuristic)
    return {name: each.value for name, each in found.items()}


def ranked(context: Context, wanted: str) -> Ranking:
    """The layers in the order in which they should be tried.

    Args:
        wanted: "auto", the name of a heuristic, the index of a layer, or its name.

    Raises:
        UsageError: there is no such heuristic and no such layer; the heuristic needs what is not given.
    """
    asked = wanted, wanted.removesuffix(".weight")  # as files name the tensor of a layer
    chosen = [
        layer for layer in (*context.layers, *context.others) if wanted == str(layer.index) or layer.name in asked
    ]
    if wanted.removeprefix("-").isdigit() and not chosen and -len(context.layers) <= int(wanted) < 0:
        chosen = [context.layers[int(wanted)]]
    if chosen:
        return Ranking("", "", tuple(chosen), (1.0,) * len(chosen), "as you asked")
    refused = next((name for name in asked if name in context.excluded), None)
    if refused is not None:
        hint = "choose another layer with --layer"
        raise UsageError(f"the layer cannot be changed: {context.excluded[refused]}", where=wanted, hint=hint)
    name = AUTO if wanted == "auto" else wanted
    known = heuristics()
    if name not in known:
        layers = ", ".join(f"{layer.index} ({layer.name})" for layer in context.layers[:8])
        what = f"there is no layer and no way of choosing one called {wanted!r}"
        raise UsageError(what, hint=f"ways: auto, {', '.join(known)}; layers: {layers}")
    heuristic = known[name]
    lacking = _lacking(context)
    for need in heuristic.needs:
        if need in lacking:
            what, hint = lacking[need]
            raise UsageError(f"{name} needs {what}", hint=f"{hint}, or choose another way")
    scores = np.asarray(heuristic.scores(context), dtype=np.float64)
    usable = np.where(np.isfinite(scores), scores, -np.inf)
    # Ties go to the smaller layer, then to the later one.
    order = sorted(range(len(usable)), key=lambda at: (-usable[at], context.layers[at].size, -context.layers[at].index))
    reason = f"{name}: {heuristic.unit}"
    return Ranking(
        name,
        heuristic.unit,
        tuple(context.layers[at] for at in order),
        tuple(float(scores[at]) for at in order),
        reason,
    )


def _lacking(context: Context) -> dict[str, tuple[str, str]]:
    """What a context does not have, by need: what that is, and how to give it."""
    labelled = isinstance(context.specification.requirement, Labels)
    judged = context.loss is not None and context.repaired is not None
    clean = "what the points were before they were corrupted", "give them as `clean` in the repair set"
    known = {
        "clean": (context.clean is not None, clean),
        "labels": (labelled, ("class labels", "give labels y in the repair set")),
        "held-out": (judged, ("held-out inputs", "give them with --held-out")),
    }
    return {need: said for need, (there, said) in known.items() if not there}

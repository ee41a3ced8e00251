"""Repair a few layers, the best by `gap-drift` of each part of the network, and take the one that costs least.

Measured: for those few, minus the loss of a repair (drawdown on the half of the held-out inputs that is for choosing;
share of changed predictions on ordinary inputs where no labels are known). All others come after them, in the order of
`gap-drift`, with scores below -2. The layers are split in forward order into as many parts as there are repairs: one,
and one more for every five layers, three at most, so that what is repaired in vain is at most a fifth of all repairs;
one where repairing takes seconds.
Why: a first step, linearised, is a bad guess of the whole repair in some parts of a network, as in the last block of a
transformer, and the few that come first often lie beside each other. One of each part shows what the guess missed. The
repair of the layer that is taken is not done again.
When it is wrong: where none of the few is good, and where the inputs for choosing are too few to tell them apart.
References: own work; regret on networks that are no part of the benchmark, and beside the three that `gap-drift` ranks
first: docs/weights.md.
"""

from __future__ import annotations

import numpy as np

from netmend.network.backends._base import named
from netmend.repairs.weights.harm import LabelledInputs, side_effects
from netmend.repairs.weights.layer_choice import gap_drift
from netmend.repairs.weights.layer_choice._base import Context, Heuristic
from netmend.repairs.weights.methods._base import Found, WeightChange
from netmend.repairs.weights.placing import probed
from netmend.repairs.weights.requirements._base import Array
from netmend.repairs.weights.specification import Labels, take
from netmend.repairs.weights.window import products

MOST, SHARE = 3, 0.2
"""Layers that are repaired, and those repaired in vain as a share of all layers, at most (own choice: a fifth of what a
full sweep costs)."""

PRODUCTS = 1e10
"""Multiplications of one pass over the points above which only one layer is: its repair takes seconds (own choice)."""


def scores(context: Context) -> Array:
    """Minus the loss of the few, and what `gap-drift` says of the others."""
    found = gap_drift.scores(context)
    many = len(context.layers)
    probe = probed(context.network.graph, named(context.network.graph, take(context.specification.inputs, slice(0, 1))))
    dear = products(context.network.graph, probe) * len(context.specification) > PRODUCTS
    few = 1 if dear or context.tried is None else min(MOST, 1 + int(SHARE * many))
    if few == 1:
        return found
    known = np.where(np.isfinite(found), found, -np.inf)
    chosen = [int(part[known[part].argmax()]) for part in np.array_split(np.arange(many), few)]
    assert context.tried is not None
    best = float(np.nanmax(found)) if np.isfinite(found).any() else 0.0
    # Distances to the best, squeezed into -3 to -2: behind every loss below two.
    judged: Array = -2 + (found - best) / (1 + np.abs(found - best))
    for at, answer in zip(chosen, context.tried(tuple(context.layers[at] for at in chosen)), strict=True):
        judged[at] = -_loss(context, answer.change) if isinstance(answer, Found) else np.nan
    return judged


def _loss(context: Context, change: WeightChange) -> float:
    if context.loss is not None:
        return context.loss(change)
    classified = isinstance(context.specification.requirement, Labels)
    ordinary = LabelledInputs(context.ordinary, classified=classified)
    return side_effects(context.network, change.changed, ordinary).lost


HEURISTIC = Heuristic(scores, "minus the loss of a repair, of the best of each part by gap-drift")

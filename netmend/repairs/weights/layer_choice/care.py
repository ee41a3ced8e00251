"""The layer with the unit whose value, when set by hand, changes the mistakes most.

Measured: for each unit, its activation is set, at every position of every point that misses, to the quantiles 5 %,
15 %, ..., 95 % of the values it takes on these points; the effect is the difference between the largest and the
smallest mean loss. A layer's score is the effect of its strongest unit. At most 64 units of a layer and 64 points are
looked at, drawn with the seed of the repair.
Why: an intervention shows a cause where a correlation may not.
When it is wrong: one unit at a time; where mistakes need several, no single one stands out.
References: average causal effect of single neurons on misbehaviour: Sun et al., CARE, ICSE 2022; quantiles, the
maximum over units and the limits are own choices.
"""

from __future__ import annotations

import numpy as np

from netmend.network.backends._base import named
from netmend.repairs.weights.layer_choice._base import Context, Heuristic
from netmend.repairs.weights.layer_choice._losses import losses_of, violated
from netmend.repairs.weights.layer_choice._passes import drawn, features_of
from netmend.repairs.weights.requirements._base import Array
from netmend.repairs.weights.specification import take

LEVELS = (np.arange(10) + 0.5) / 10
"""Ten quantiles: enough to see a curve that rises and falls (own choice)."""

MOST = 64
"""Points, and units of a layer, that are looked at: a layer then costs at most 640 passes of 64 points."""


def scores(context: Context) -> Array:
    """Largest effect of a unit of each layer."""
    import torch

    from netmend.network.evaluate import as_tensor, forward

    graph, losses = context.network.graph, losses_of(context)
    wrong = violated(context)
    points = wrong[drawn(context, len(wrong), MOST)]
    fed = {name: as_tensor(value) for name, value in named(graph, take(context.specification.inputs, points)).items()}
    found = []
    with torch.no_grad():
        for layer, name in zip(context.layers, features_of(context), strict=True):
            before = forward(graph, fed, keep=[name])[name]
            axis = 1 if layer.kind == "conv" else before.ndim - 1
            strongest = 0.0
            for unit in drawn(context, before.shape[axis], MOST):
                place = (slice(None),) * axis + (int(unit),)
                met = []
                for value in np.quantile(before[place].numpy(), LEVELS):
                    changed = before.clone()
                    changed[place] = value
                    values = forward(graph, {**fed, name: changed}, keep=[context.output])[context.output]
                    met.append(float(losses(values.reshape(len(points), -1) - context.threshold, points).mean()))
                strongest = max(strongest, max(met) - min(met))
            found.append(strongest)
    return np.array(found)


HEURISTIC = Heuristic(scores, "largest effect of setting one unit on the loss", costly=True)

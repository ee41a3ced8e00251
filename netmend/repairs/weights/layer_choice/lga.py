"""The layer that single points pull at hardest, however differently.

Measured: the mean over points of the Frobenius norm of the gradient of the point's own loss with respect to the weight.
Why: unlike the gradient of the mean loss, pulls in opposite directions do not cancel.
When it is wrong: pulls that do cancel are points in each other's way, and there a repair is hard.
References: after layer gradient analysis (Golden Layers, arXiv 2602.20207), which correlates it with weights over a
proxy set; this simplification is our own and is not that paper's score.
"""

from __future__ import annotations

import numpy as np

from netmend.repairs.weights.layer_choice._base import Context, Heuristic
from netmend.repairs.weights.layer_choice._losses import losses_of
from netmend.repairs.weights.layer_choice._passes import ends, passes, slopes
from netmend.repairs.weights.requirements._base import Array


def scores(context: Context) -> Array:
    """Mean norms of single gradients."""
    losses, sums = losses_of(context), np.zeros(len(context.layers))
    for part in passes(context, context.specification.inputs, ends(context), gradients=True):
        for at, slope in enumerate(slopes(context, part, losses(part.values, part.points))):
            sums[at] += slope.lengths().sum()
    return sums / len(context.specification)


HEURISTIC = Heuristic(scores, "mean norm of the gradients of single points")

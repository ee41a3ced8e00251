"""The layer whose gradient is longest in proportion to its weights.

Measured: the norm of the gradient of the mean loss on the points, as in `gradient`, divided by the norm of the weight.
Why: a step as long as a given share of the weights lowers the loss most there.
When it is wrong: as `gradient`; and a share of the weights is no measure of what else a step changes.
References: trust ratios of layer-wise optimisers (You et al., LARS, 2017) are the inverse of this number.
"""

from __future__ import annotations

import numpy as np

from netmend.repairs.weights.layer_choice._base import Context, Heuristic
from netmend.repairs.weights.layer_choice._passes import weight_of
from netmend.repairs.weights.layer_choice.gradient import scores as gradients
from netmend.repairs.weights.requirements._base import Array


def scores(context: Context) -> Array:
    """Norms of gradients over norms of weights; none for a weight that is all zero."""
    sizes = np.array([np.linalg.norm(weight_of(context, layer)) for layer in context.layers])
    return gradients(context) / np.where(sizes > 0, sizes, np.nan)


HEURISTIC = Heuristic(scores, "norm of the gradient over that of the weight")

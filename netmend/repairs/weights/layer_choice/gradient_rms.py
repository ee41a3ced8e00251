"""The layer whose gradient is largest for each of its weights.

Measured: the root mean square over the weight's entries of the gradient of the mean loss on the points.
Why: as `gradient`, without the advantage that a layer has from many weights.
When it is wrong: it favours small layers; on three MNIST networks it picks the last, which costs most elsewhere (own
measurement, docs/weights.md).
References: own variant of `gradient`.
"""

from __future__ import annotations

import numpy as np

from netmend.repairs.weights.layer_choice._base import Context, Heuristic
from netmend.repairs.weights.layer_choice._passes import weight_of
from netmend.repairs.weights.layer_choice.gradient import scores as gradients
from netmend.repairs.weights.requirements._base import Array


def scores(context: Context) -> Array:
    """Norms of gradients over the square root of the number of weights."""
    return gradients(context) / np.sqrt([weight_of(context, layer).size for layer in context.layers])


HEURISTIC = Heuristic(scores, "root mean square of the gradient of the loss")

"""The layer whose activations on the points are largest.

Measured: the mean over points, positions and units of |o|, o the layer's output after its activation (the outputs
themselves for the last layer).
Why: large activations have large gradients of the weights behind them, so a small change there moves much.
When it is wrong: it compares layers by the scale of their units, which a rescaling of the weights changes and the
function does not; on three MNIST networks it picks the last layer, which costs most elsewhere (own measurement,
docs/weights.md).
References: magnitude of activations as importance is common in pruning, e.g. Hu et al., Network Trimming, 2016.
"""

from __future__ import annotations

import numpy as np

from netmend.repairs.weights.layer_choice._base import Context, Heuristic
from netmend.repairs.weights.layer_choice._passes import features_of, passes
from netmend.repairs.weights.requirements._base import Array


def scores(context: Context) -> Array:
    """Mean absolute activations."""
    names = features_of(context)
    sums, counts = np.zeros(len(names)), np.zeros(len(names))
    for part in passes(context, context.specification.inputs, names):
        for at, name in enumerate(names):
            sums[at] += float(part.tensors[name].abs().sum())
            counts[at] += part.tensors[name].numel()
    return sums / counts


HEURISTIC = Heuristic(scores, "mean absolute activation on the points")

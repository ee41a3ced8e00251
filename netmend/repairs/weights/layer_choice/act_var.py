"""The layer whose activations differ most from point to point.

Measured: the population variance over the points of each unit at each position after the activation, averaged.
Why: where activations tell the points apart, a change can treat them differently.
When it is wrong: it compares layers by the scale of their units; on three MNIST networks it picks the last layer,
which costs most elsewhere (own measurement, docs/weights.md).
References: own definition, after variance filters of feature selection.
"""

from __future__ import annotations

import numpy as np

from netmend.repairs.weights.layer_choice._base import Context, Heuristic
from netmend.repairs.weights.layer_choice._passes import features_of, passes
from netmend.repairs.weights.requirements._base import Array


def scores(context: Context) -> Array:
    """Mean variances."""
    names = features_of(context)
    origin: dict[str, Array] = {}
    sums: dict[str, Array] = {}
    squares: dict[str, Array] = {}
    points = len(context.specification)
    for part in passes(context, context.specification.inputs, names):
        for name in set(names):
            values = part.tensors[name].numpy()
            # Differences to the first point: sums of squares then lose no digits to a large mean.
            moved = values - origin.setdefault(name, values[:1])
            sums[name] = sums.get(name, 0) + moved.sum(axis=0)
            squares[name] = squares.get(name, 0) + (moved**2).sum(axis=0)
    return np.array([np.mean(squares[name] / points - (sums[name] / points) ** 2) for name in names])


HEURISTIC = Heuristic(scores, "mean variance of the activations over the points")

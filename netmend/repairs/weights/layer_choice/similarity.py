"""The layer at which the points look most alike.

Measured: the mean cosine of the activations of two different points, over all pairs; positions are averaged.
Why: where the points share a direction, one change moves them all.
When it is wrong: what is alike at the points may be alike at every input, and then everything else moves as well.
References: own definition; with rank correlations of -1.00, 0.40 and 0.72 with drawdown on three MNIST networks
it says nothing by itself (docs/weights.md).
"""

from __future__ import annotations

import numpy as np

from netmend.repairs.weights.layer_choice._base import Context, Heuristic
from netmend.repairs.weights.layer_choice._passes import features_of, vectors
from netmend.repairs.weights.requirements._base import Array


def scores(context: Context) -> Array:
    """Mean cosines; none for a single point. A silent point is like no other."""
    many = len(context.specification)
    if many < 2:
        return np.full(len(context.layers), np.nan)
    found = []
    for activations in vectors(context, context.specification.inputs, features_of(context)):
        sizes = np.linalg.norm(activations, axis=1, keepdims=True)
        units = np.divide(activations, sizes, out=np.zeros_like(activations), where=sizes > 0)
        # The sum over all ordered pairs is the squared length of the sum of the unit vectors.
        found.append((np.sum(units.sum(axis=0) ** 2) - np.sum(units**2)) / (many * (many - 1)))
    return np.array(found)


HEURISTIC = Heuristic(scores, "mean cosine of the activations of two points")

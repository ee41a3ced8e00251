"""The layer at whose input the points spread into most directions.

Measured: the effective rank exp(-sum p ln p) of the layer's centred inputs over the points, p their squared singular
values as shares of the sum; positions are averaged. 0 if all inputs are equal.
Why: what a layer's weights can tell apart is what differs at its input; with more directions, more can be required.
When it is wrong: more directions than the points need are no advantage; rank correlations with drawdown of 1.00, -0.78
and -0.62 on three MNIST networks (own measurement, docs/weights.md).
References: Roy and Vetterli, The effective rank, EUSIPCO 2007, with squared singular values (variances) instead of
singular values.
"""

from __future__ import annotations

import numpy as np

from netmend.repairs.weights.layer_choice._base import Context, Heuristic
from netmend.repairs.weights.layer_choice._passes import vectors
from netmend.repairs.weights.requirements._base import Array
from netmend.repairs.weights.spectrum import effective_rank, singular_values


def scores(context: Context) -> Array:
    """Effective ranks."""
    names = [layer.input for layer in context.layers]
    inputs = vectors(context, context.specification.inputs, names)
    return np.array([effective_rank(singular_values(each)) for each in inputs])


HEURISTIC = Heuristic(scores, "effective rank of the layer's inputs over the points")

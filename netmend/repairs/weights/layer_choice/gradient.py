"""The layer whose weights the loss on the points pulls at hardest.

Measured: the Frobenius norm of the gradient of the mean loss with respect to the weight; the loss is the cross-entropy
with the wanted class, or, where no classes are required, by how much a point misses its worst condition.
Why: to first order, a step of given length lowers the loss most where its gradient is longest.
When it is wrong: it says nothing of what else the step changes; a layer with many weights has a long gradient.
References: gradient-based localisation is common, e.g. Sohn et al., Arachne, TOSEM 2023; own measurement: it picks the
first layer, the cheapest one, on three MNIST networks (docs/weights.md).
"""

from __future__ import annotations

import numpy as np

from netmend.repairs.weights.layer_choice._base import Context, Heuristic
from netmend.repairs.weights.layer_choice._gradients import mean_gradients
from netmend.repairs.weights.layer_choice._losses import losses_of
from netmend.repairs.weights.requirements._base import Array


def scores(context: Context) -> Array:
    """Norms of gradients."""
    found = mean_gradients(context, context.specification.inputs, losses_of(context))
    return np.array([np.linalg.norm(gradient) for gradient in found])


HEURISTIC = Heuristic(scores, "norm of the gradient of the loss on the points")

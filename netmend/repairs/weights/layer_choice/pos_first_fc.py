"""The first fully connected layer after the last convolution or attention.

Measured: nothing; the order is that layer, those after it, then those before it, the nearest first. In a network of
fully connected layers alone it is the first layer; where no such layer follows, the last layer of all.
Why: there, features have been made and not yet been weighed: a change decides on whole features.
When it is wrong: it looks at no data; what the repair must tell apart may be lost by then.
References: a structural baseline, own choice.
"""

from __future__ import annotations

import numpy as np

from netmend.repairs.weights.layer_choice._base import Context, Heuristic
from netmend.repairs.weights.requirements._base import Array


def scores(context: Context) -> Array:
    """0 for the wanted layer, then -1, -2, ... in the order stated above."""
    kinds, many = [layer.kind for layer in context.layers], len(context.layers)
    wanted = min(max((at + 1 for at in range(many) if kinds[at] != "linear"), default=0), many - 1)
    places = np.arange(many)
    return np.where(places >= wanted, wanted - places, places - wanted - (many - 1 - wanted)).astype(np.float64)


HEURISTIC = Heuristic(scores, "position: the first fully connected layer after convolutions and attention comes first")

"""The layer whose activations the corruption changed most.

Measured: the mean over pairs of ||o(x) - o(x')|| / ||o(x')||, o the layer's output after its activation at all
positions, x a point and x' what it was before it was corrupted.
Why: where a corrupted input first looks like something else is where it might be put right.
When it is wrong: differences grow from layer to layer, so that the last layer often wins, where a repair costs most.
References: own definition; on three MNIST networks it picks the first layer once and the last twice (docs/weights.md).
"""

from __future__ import annotations

import numpy as np

from netmend.repairs.weights.layer_choice._base import Context, Heuristic
from netmend.repairs.weights.layer_choice._passes import features_of, passes
from netmend.repairs.weights.requirements._base import Array

LEAST = 1e-12
"""Added to the size of the clean activations, so that units that are all silent divide nothing."""


def scores(context: Context) -> Array:
    """Mean relative differences."""
    assert context.clean is not None
    names = features_of(context)
    sums = np.zeros(len(names))
    pairs = zip(
        passes(context, context.specification.inputs, names), passes(context, context.clean, names), strict=True
    )
    for now, before in pairs:
        for at, name in enumerate(names):
            old = before.tensors[name].flatten(1)
            moved = (now.tensors[name].flatten(1) - old).norm(dim=1)
            sums[at] += float((moved / (old.norm(dim=1) + LEAST)).sum())
    return sums / len(context.specification)


HEURISTIC = Heuristic(scores, "mean relative change of the activations by the corruption", needs=("clean",))

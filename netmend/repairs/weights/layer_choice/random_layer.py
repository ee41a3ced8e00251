"""Layers in random order.

Measured: nothing. The seed of the repair decides.
Why: a heuristic is worth something only if it does better than this.
When it is wrong: always as often as not.
References: baseline.
"""

from __future__ import annotations

import numpy as np

from netmend.repairs.weights.layer_choice._base import Context, Heuristic
from netmend.repairs.weights.requirements._base import Array


def scores(context: Context) -> Array:
    """A random permutation."""
    return np.random.default_rng(context.seed).permutation(len(context.layers)).astype(np.float64)


HEURISTIC = Heuristic(scores, "a random order")

"""The last layer but one, then its neighbours.

Measured: nothing; the order is that of the distance from the last layer but one.
Why: it is near the outputs, so that little follows which a change could upset, and yet not affine, so that a point's
answer can change where another's does not.
When it is wrong: it looks at no data.
References: a common default for feature-level edits; here a structural baseline.
"""

from __future__ import annotations

import numpy as np

from netmend.repairs.weights.layer_choice._base import Context, Heuristic
from netmend.repairs.weights.requirements._base import Array


def scores(context: Context) -> Array:
    """Minus the distance from the last candidate but one."""
    many = len(context.layers)
    return -np.abs(np.arange(many, dtype=np.float64) - max(many - 2, 0))


HEURISTIC = Heuristic(scores, "position: nearness to the last layer but one")

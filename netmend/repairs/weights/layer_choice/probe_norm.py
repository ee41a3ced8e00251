"""One linearisation at every layer, and how long each first step would be.

Measured: minus the norm of the first step that the default method would take at that layer, in the norm it minimises.
Why: the least change that mends the points to first order says how hard they are to mend there.
When it is wrong: norms of different layers are different units: a short change of a layer that everything depends on
can move more than a long one elsewhere. `probe-drift` measures that instead.
References: own work; rank correlation with drawdown 1.00, 0.95 and 0.53 on three MNIST networks (docs/weights.md).
"""

from __future__ import annotations

import numpy as np

from netmend.repairs.weights.layer_choice._base import Context, Heuristic
from netmend.repairs.weights.requirements._base import Array


def scores(context: Context) -> Array:
    """Minus the norms; none where the first step has no solution."""
    changes = [context.probe(layer) for layer in context.layers]
    return np.array([np.nan if change is None else -change.norm for change in changes])


HEURISTIC = Heuristic(scores, "minus the norm of the first step", costly=True)

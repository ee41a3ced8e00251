"""Repair every layer, and take the one that costs least on held-out inputs.

Measured: minus the loss (drawdown, or churn where no labels are known) of each finished repair on the half of the
held-out inputs that is for choosing. What the report measures harm on is the other half and is not looked at. A layer
without a repair that has the required slack at every point has no score. Ties go to the smaller layer.
Why: it is the best that choosing one layer can do, up to the noise of the half it looks at.
When it is wrong: it takes as long as all repairs together.
References: the oracle that other heuristics are compared with; own validation rule (docs/weights.md).
"""

from __future__ import annotations

import numpy as np

from netmend.repairs.weights.layer_choice._base import Context, Heuristic
from netmend.repairs.weights.methods._base import Found
from netmend.repairs.weights.requirements._base import Array


def scores(context: Context) -> Array:
    """Minus the loss of each layer's repair."""
    assert context.repaired is not None and context.loss is not None
    found = np.full(len(context.layers), np.nan)
    for at, layer in enumerate(context.layers):
        attempt = context.repaired(layer)
        if isinstance(attempt.answer, Found) and attempt.checked is not None and attempt.checked.evaluated.all():
            found[at] = -context.loss(attempt.answer.change)
    return found


HEURISTIC = Heuristic(
    scores, "minus what the full repair of each costs on held-out inputs for choosing", needs=("held-out",), costly=True
)

"""The layer whose repair takes least memory.

Measured: minus the estimated bytes that the program of that layer takes at its peak, right to a factor of about two.
Why: it is the one that surely fits; bytes go with time.
When it is wrong: it says nothing of harm. Meant for breaking ties and for networks that hardly fit.
References: the estimate is `netmend.repairs.weights.memory`, own work.
"""

from __future__ import annotations

import numpy as np

from netmend.network.backends._base import named
from netmend.repairs.weights.layer_choice._base import Context, Heuristic
from netmend.repairs.weights.memory import estimated
from netmend.repairs.weights.placing import probed
from netmend.repairs.weights.requirements._base import Array


def scores(context: Context) -> Array:
    """Minus the bytes."""
    graph, points = context.network.graph, len(context.specification)
    probe = probed(graph, named(graph, context.specification.inputs))
    weighted = context.problem(context.layers[0]).metric.factor is not None
    found = [
        estimated(graph, layer, points, probe, weighted=weighted, last=layer.output == context.output)
        for layer in context.layers
    ]
    return -np.array(found, dtype=np.float64)


HEURISTIC = Heuristic(scores, "minus the bytes that the repair would take")

"""One linearisation at every layer, and how many ordinary answers each first step would change.

Measured: minus the share of up to 1,000 ordinary inputs whose predicted class changes under the first step that the
default method would take at that layer; of a network with one output, whose sign changes.
Why: it is the churn of the repair, looked at before there is one.
When it is wrong: where the first step is a bad guess of the last; and shares of few inputs tie often.
References: own work, after `probe-drift`.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from netmend.repairs.weights.harm import classes, outputs
from netmend.repairs.weights.layer_choice._base import Context, Heuristic
from netmend.repairs.weights.layer_choice._passes import drawn
from netmend.repairs.weights.layer_choice.probe_drift import MOST
from netmend.repairs.weights.outlet import logits
from netmend.repairs.weights.requirements._base import Array
from netmend.repairs.weights.specification import count, take


def scores(context: Context) -> Array:
    """Minus the share of changed classes."""
    ordinary = take(context.ordinary, drawn(context, count(context.ordinary), MOST))

    def predicted(changed: Mapping[str, Array]) -> Array:
        return classes(logits(context.network.graph, outputs(context.network, ordinary, changed)))

    before = predicted({})
    found = np.full(len(context.layers), np.nan)
    for at, layer in enumerate(context.layers):
        change = context.probe(layer)
        if change is not None:
            found[at] = -float(np.mean(predicted(change.changed) != before))
    return found


HEURISTIC = Heuristic(scores, "minus the share of ordinary predictions that one step changes", costly=True)

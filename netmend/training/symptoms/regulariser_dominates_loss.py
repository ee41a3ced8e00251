"""Before training, the penalty on the weights is larger than the loss on the data.

What it is:
    The optimiser mostly shrinks weights; what the data ask for is a side issue, and the network stays too simple.

How it is measured:
    Sum of the layers' regularisation losses before training, over the loss of a constant answer. Where loss or labels
    are unknown, over the first epoch's loss less the penalty.

When it is wrong:
    Above 1. A penalty that shrinks quickly does no lasting harm.

References:
    Own convention: at 1 both pull equally at the start. The gradient of the sum goes where the larger term falls.
"""

from __future__ import annotations

import math
from dataclasses import replace

from netmend.program.blame import Blame
from netmend.training.curves import finite_losses, has_learned
from netmend.training.symptoms._base import Reading, Symptom
from netmend.training.symptoms._examples import healthy, healthy_regression, healthy_torch
from netmend.training.task import constant_loss
from netmend.training.trace import Trace

SHARE = 1.0  # own convention, see References


def _measure(trace: Trace) -> tuple[Reading, ...]:
    penalties = {
        number: layer.penalty
        for number, layer in enumerate(trace.layers)
        if math.isfinite(layer.penalty) and layer.penalty > 0
    }
    total = sum(penalties.values())
    data_loss = constant_loss(trace)
    if data_loss is None:
        losses = finite_losses(trace)
        data_loss = losses[0] - total if losses else 0.0
    if not penalties or data_loss <= 0 or not math.isfinite(total / data_loss):
        return ()
    blames = tuple(
        Blame("regulariser", max(0.1, 0.95 * penalty / total), layer=number, values=("none",))
        for number, penalty in penalties.items()
    )
    largest = trace.layers[max(penalties, key=penalties.__getitem__)]
    message = (
        f"Before training the penalty on the weights is {total:.3g} and the loss on the data about {data_loss:.3g}; "
        f"most of it comes from {largest.regulariser or 'the regulariser'} of layer {largest.name}."
    )
    return (Reading(total / data_loss, "penalty", message, blames, severity=0.3 if has_learned(trace) else 0.8),)


def _penalised(trace: Trace, penalty: float) -> Trace:
    first, *rest = trace.layers
    return replace(trace, layers=(replace(first, regulariser="l1(0.01)", penalty=penalty), *rest))


symptom = Symptom(
    measure=_measure,
    threshold=SHARE,
    above=True,
    fires_on=(_penalised(healthy(), 5.0), _penalised(healthy_regression(), 1.5)),
    silent_on=(
        healthy(),
        healthy_regression(),
        healthy_torch(),
        _penalised(healthy(), 0.05),
        _penalised(healthy(), math.nan),
        _penalised(healthy(loss="custom"), 9.0),
    ),
)

"""The optimiser made so few steps that the network cannot have got far.

What it is:
    Few epochs, batches that are large for the number of rows, or both.

How it is measured:
    The number of optimiser steps in all. Given only for a run that has not learned: an easy task may need few.

When it is wrong:
    Below 1000. Second-order and full-batch methods need fewer.

References:
    Own convention. For scale: at the usual rate of 0.001 an Adam step moves a weight by at most about 0.001 (Kingma and
    Ba 2015, section 2.1), so 1000 steps move it by at most about 1, the size of a large weight.
"""

from __future__ import annotations

from netmend.program.blame import Blame
from netmend.training.curves import has_learned
from netmend.training.symptoms._base import Reading, Symptom
from netmend.training.symptoms._examples import (
    curves,
    falling,
    healthy,
    healthy_regression,
    healthy_torch,
    short,
    unlearned,
)
from netmend.training.symptoms._values import batch_sizes, epochs, learning_rates
from netmend.training.trace import Trace

FEWEST_UPDATES = 1000.0  # own convention, see References


def _measure(trace: Trace) -> tuple[Reading, ...]:
    if trace.updates < 1 or has_learned(trace):
        return ()
    factors = (4, 10, 2) if trace.updates * 4 >= FEWEST_UPDATES else (10, 30, 4)
    blames = (
        Blame("epochs", 0.7, values=epochs(trace, *factors)),
        Blame("batch-size", 0.5, values=batch_sizes(trace, 0.25, 0.5)),
        Blame("learning-rate", 0.5, values=learning_rates(trace, 10, 3)),
    )
    message = f"The training made only {trace.updates} update{'' if trace.updates == 1 else 's'} of the weights."
    # The fewer, the surer: 0.4 just below the threshold, 0.8 at a tenth of it and less.
    severity = 0.4 + 0.4 * min(1.0, max(0.0, 1 - trace.updates / FEWEST_UPDATES) / 0.9)
    return (Reading(float(trace.updates), "updates", message, blames, severity),)


symptom = Symptom(
    measure=_measure,
    threshold=FEWEST_UPDATES,
    above=False,
    fires_on=(
        short(unlearned(), 5),
        short(healthy_regression(), 1),
        healthy_torch(epochs=curves(loss=falling(2.3, 2.0)), updates=30),
    ),
    silent_on=(healthy(), healthy_regression(), healthy_torch(), unlearned(), healthy(updates=300), healthy(updates=0)),
)

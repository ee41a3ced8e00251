"""The targets of a regression are so large that the network needs many steps only to reach their scale.

What it is:
    A fresh network answers about 0. Targets in the hundreds give squared losses in the ten thousands: plain gradient
    descent blows up at usual rates, and optimisers that take steps of fixed size need long to get there.

How it is measured:
    The root mean square of the training labels, where they are quantities and the run has not learned.

When it is wrong:
    Above 10. The program may rescale its outputs in a last layer.

References:
    Own convention: ten times the scale of standardised targets. The size of steps: an Adam step moves a weight by at
    most about the learning rate (Kingma and Ba 2015, section 2.1).
"""

from __future__ import annotations

import math

from netmend.program.blame import Blame
from netmend.training.curves import broke, has_learned
from netmend.training.symptoms._base import Reading, Symptom
from netmend.training.symptoms._examples import (
    array,
    curves,
    falling,
    healthy,
    healthy_regression,
    healthy_torch,
    one_hot,
)
from netmend.training.symptoms._values import epochs, learning_rates
from netmend.training.task import LabelForm, label_form
from netmend.training.trace import Trace

ROOT_MEAN_SQUARE = 10.0  # own convention, see References


def _measure(trace: Trace) -> tuple[Reading, ...]:
    labels = trace.labels
    if labels is None or label_form(trace) is not LabelForm.REAL or has_learned(trace):
        return ()
    size = math.hypot(labels.mean, labels.std)
    if not math.isfinite(size):
        return ()
    factors = (0.1, 0.01) if broke(trace) else (10.0, 100.0)
    blames = (
        Blame("learning-rate", 0.4, values=learning_rates(trace, *factors)),
        Blame("epochs", 0.3, values=epochs(trace, 4, 10)),
        Blame("optimiser", 0.2, values=() if trace.optimiser == "adam" else ("adam",)),
    )
    message = (
        f"The targets lie in [{labels.minimum:.4g}, {labels.maximum:.4g}] with a root mean square of {size:.3g}; "
        "scale them to about 1, or give the training more or larger steps."
    )
    return (Reading(size, "labels", message, blames, severity=0.5),)


symptom = Symptom(
    measure=_measure,
    threshold=ROOT_MEAN_SQUARE,
    above=True,
    fires_on=(
        healthy_regression(labels=array(25, 346), epochs=curves(loss=falling(29000, 20000))),
        healthy_regression(labels=array(25, 346, integral=True), epochs=curves(loss=falling(29000, 20000))),
    ),
    silent_on=(
        healthy(),
        healthy_regression(),
        healthy_torch(),
        healthy(labels=one_hot(10)),
        healthy_regression(labels=array(25, 346), epochs=curves(loss=falling(29000, 2000))),
    ),
)

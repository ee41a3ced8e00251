"""The learning rate falls to next to nothing while most of the training is still to come.

What it is:
    A schedule that is stepped after every batch though it is meant for epochs, or that divides the rate too often. What
    is left of the training changes nothing any more.

How it is measured:
    The share of the epochs at whose end the rate is below a hundredth of the highest it ever had. Not given for fewer
    than three epochs.

When it is wrong:
    Above 0.5.

References:
    He et al., CVPR 2016, section 4.2, spend the last quarter of the training at a hundredth of the first rate; a cosine
    schedule (Loshchilov and Hutter, ICLR 2017, equation 5) is below it for its last 7 %. Half is our own convention.
"""

from __future__ import annotations

import math
from dataclasses import replace

from netmend.program.blame import Blame
from netmend.training.curves import has_learned
from netmend.training.symptoms._base import Reading, Symptom
from netmend.training.symptoms._examples import HEALTHY, healthy, short, unlearned
from netmend.training.trace import Trace

SHARE = 0.5  # own convention, see References
LEFT = 0.01  # He et al.: the last of their rates
FEWEST_EPOCHS = 3  # own convention: below, one epoch is half of them


def _measure(trace: Trace) -> tuple[Reading, ...]:
    rates = [epoch.learning_rate for epoch in trace.epochs if math.isfinite(epoch.learning_rate)]
    known = [*rates, *([trace.learning_rate] if math.isfinite(trace.learning_rate) else [])]
    highest = max(known, default=0.0)
    if len(rates) < FEWEST_EPOCHS or highest <= 0:
        return ()
    faded = sum(rate < LEFT * highest for rate in rates)
    message = (
        f"The learning rate falls from {highest:g} to {rates[-1]:.2g}; {faded} of {len(rates)} epochs end with less "
        "than a hundredth of it."
    )
    blames = (Blame("rate-schedule", 0.9, values=("each epoch", "none")),)
    return (Reading(faded / len(rates), "learning rate", message, blames, 0.3 if has_learned(trace) else 0.8),)


def _decaying(trace: Trace, factor: float) -> Trace:
    """The trace as if the rate were multiplied by a factor after every epoch."""
    rates = (trace.learning_rate * factor**number for number in range(1, len(trace.epochs) + 1))
    changed = (replace(epoch, learning_rate=rate) for epoch, rate in zip(trace.epochs, rates, strict=True))
    return replace(trace, epochs=tuple(changed))


symptom = Symptom(
    measure=_measure,
    threshold=SHARE,
    above=True,
    fires_on=(_decaying(unlearned(), 0.1), _decaying(healthy(), 0.5)),
    silent_on=(*HEALTHY, _decaying(healthy(), 0.9), _decaying(short(unlearned(), 2), 0.01)),
)

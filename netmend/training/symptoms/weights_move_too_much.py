"""One update changes the weights by more than a tenth: each step undoes what the last one learned.

What it is:
    A learning rate far above what the optimiser needs, or a gradient out of all proportion.

How it is measured:
    Size of one update over the size of the weights; median over layers and moments. For SGD: learning rate x gradient
    norm / weight norm. For Adam and its kin: learning rate x sqrt(number of weights) / weight norm, because their
    steps do not depend on the gradient's size. Given only for a run that has not learned.

When it is wrong:
    Above 0.1. The first steps of a schedule that starts high may pass it on purpose.

References:
    The bound: DeepDiagnosis (Wardat et al., ICSE 2022), learning rate x gradient norm / weight norm outside
    [1e-5, 0.1].
    The size of Adam's steps: Kingma and Ba 2015, section 2.1.
"""

from __future__ import annotations

import math

from netmend.program.blame import Blame
from netmend.training.curves import has_learned
from netmend.training.symptoms._base import Reading, Symptom
from netmend.training.symptoms._examples import healthy, healthy_regression, healthy_torch, sick, unlearned
from netmend.training.symptoms._layers import relative_step
from netmend.training.symptoms._values import learning_rates
from netmend.training.trace import Trace

LARGEST = 0.1  # DeepDiagnosis


def _measure(trace: Trace) -> tuple[Reading, ...]:
    step = relative_step(trace)
    if step is None or has_learned(trace):
        return ()
    blames = (
        Blame("learning-rate", 0.8, values=learning_rates(trace, 0.1, 0.01, 0.3)),
        Blame("gradient-clipping", 0.4, values=("global_norm(1)", "value(0.5)")),
        Blame("initialiser", 0.2, values=("glorot_uniform", "he_normal")),
    )
    message = (
        f"One update changes the weights by about {step:.2g} of their size at learning rate {trace.learning_rate:g}."
    )
    # 0.4 at the threshold, 0.3 more for each factor of ten beyond it.
    severity = min(1.0, 0.4 + 0.3 * math.log10(max(step, LARGEST) / LARGEST))
    return (Reading(step, "weights", message, blames, severity),)


symptom = Symptom(
    measure=_measure,
    threshold=LARGEST,
    above=True,
    fires_on=(
        unlearned(learning_rate=1.0),
        sick(sick(unlearned(optimiser="sgd"), "dense", update_ratio=3.0), "dense_1", update_ratio=3.0),
    ),
    silent_on=(
        healthy(),
        healthy_regression(),
        healthy_torch(),
        unlearned(),
        unlearned(optimiser="adadelta", learning_rate=1.0),
        healthy(learning_rate=1.0),
    ),
)

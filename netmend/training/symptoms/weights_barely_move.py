"""One update changes the weights by less than a hundred-thousandth: the steps are too small to get anywhere.

What it is:
    A learning rate far below what the optimiser needs, a gradient that has all but vanished, or one that is cut down to
    next to nothing before the step.

How it is measured:
    Size of one update over the size of the weights; median over layers and moments. For SGD: learning rate x gradient
    norm / weight norm. For Adam and its kin: learning rate x sqrt(number of weights) / weight norm, because their
    steps do not depend on the gradient's size. If the steps were larger at first, those count: training that came to a
    standstill has lost its gradient, and a higher learning rate is no cure. Given only for a run that has not learned.

When it is wrong:
    Below 1e-5. Fine-tuning a trained network takes small steps on purpose.

References:
    The bound: DeepDiagnosis (Wardat et al., ICSE 2022), learning rate x gradient norm / weight norm outside
    [1e-5, 0.1].
    The size of Adam's steps: Kingma and Ba 2015, section 2.1.
"""

from __future__ import annotations

from netmend.program.blame import Blame
from netmend.training.curves import has_learned
from netmend.training.symptoms._base import Reading, Symptom
from netmend.training.symptoms._examples import healthy, healthy_regression, healthy_torch, sick, unlearned
from netmend.training.symptoms._layers import PLAIN, relative_step
from netmend.training.symptoms._values import hidden, learning_rates
from netmend.training.trace import Trace

SMALLEST = 1e-5  # DeepDiagnosis


def _measure(trace: Trace) -> tuple[Reading, ...]:
    step, first = relative_step(trace), relative_step(trace, at_first=True)
    if step is None or has_learned(trace):
        return ()
    step = step if first is None else max(step, first)
    blames = (
        Blame("learning-rate", 0.8, values=learning_rates(trace, 100, 10)),
        Blame("optimiser", 0.4, values=() if trace.optimiser == "adam" else ("adam",)),
        # Steps of adaptive optimisers do not depend on how far the gradient is cut down.
        *([Blame("gradient-clipping", 0.7, values=("none",))] if trace.optimiser in PLAIN else []),
        *hidden("activation", 0.2),
    )
    change = f"changes the weights by about {step:.2g} of their size" if step > 0 else "does not change the weights"
    message = f"One update {change} at learning rate {trace.learning_rate:g}."
    return (Reading(step, "weights", message, blames, severity=0.7),)


symptom = Symptom(
    measure=_measure,
    threshold=SMALLEST,
    above=False,
    fires_on=(
        unlearned(learning_rate=1e-7),
        sick(sick(unlearned(optimiser="sgd"), "dense", update_ratio=1e-7), "dense_1", update_ratio=1e-7),
    ),
    silent_on=(
        healthy(),
        healthy_regression(),
        healthy_torch(),
        unlearned(),
        unlearned(optimiser="adadelta", learning_rate=1e-7),
        healthy(learning_rate=1e-7),
    ),
)

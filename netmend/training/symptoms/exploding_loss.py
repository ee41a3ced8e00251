"""The loss was, at some time, thousands of times what the best constant answer has.

What it is:
    A step threw the weights so far that the outputs became astronomic. The loss may stay finite and even come down
    again, while units that were thrown out of reach stay dead: what is left of the network answers the same for every
    row.

How it is measured:
    The greatest loss of any epoch over that of the best constant answer, as far as loss and labels tell what that is.

When it is wrong:
    Above 1,000. A cross-entropy cannot get there without outputs that are far too sure.

References:
    Pascanu, Mikolov and Bengio, ICML 2013, section 2.3: the wall in the loss surface that throws weights far, and
    clipping against it. The bound is our own: no start of a training with usual weights is that bad, and an explosion
    passes it within a few steps.
"""

from __future__ import annotations

from netmend.program.blame import Blame
from netmend.training.curves import finite_losses
from netmend.training.symptoms._base import Reading, Symptom
from netmend.training.symptoms._examples import EPOCHS, HEALTHY, curves, falling, healthy, healthy_regression
from netmend.training.symptoms._values import learning_rates
from netmend.training.task import constant_loss
from netmend.training.trace import Trace

TIMES = 1000.0  # own convention, see References


def _measure(trace: Trace) -> tuple[Reading, ...]:
    losses, constant = finite_losses(trace), constant_loss(trace)
    if not losses or not constant:
        return ()
    worst = max(losses)
    message = f"The loss reached {worst:.3g}, where always answering the same has about {constant:.3g}."
    blames = (
        Blame("gradient-clipping", 0.7, values=("global_norm(1)", "value(0.5)")),
        Blame("learning-rate", 0.7, values=learning_rates(trace, 0.1, 0.01)),
        Blame("input-scaling", 0.3),
    )
    return (Reading(worst / constant, "loss", message, blames, severity=0.9),)


symptom = Symptom(
    measure=_measure,
    threshold=TIMES,
    above=True,
    fires_on=(
        healthy_regression(epochs=curves(loss=falling(1e27, 1.0))),
        healthy(epochs=curves(loss=(9e4, *[2.3] * (EPOCHS - 1)))),
    ),
    silent_on=(*HEALTHY, healthy_regression(epochs=curves(loss=falling(300.0, 1.0)))),
)

"""The training loss never falls noticeably below that of the first epoch: the network does not learn.

What it is:
    Steps so large that they undo each other, steps so small that nothing moves, or a loss whose gradient does not
    reach the weights at all.

How it is measured:
    The fall from the first epoch's loss to the smallest later one, relative to the first; negative if every later loss
    is greater. Given only for a run that has not learned: a long first epoch may already have done the work.

When it is wrong:
    Below 0.01. A program that trains for a single epoch cannot be judged so.

References:
    DeepLocalize (Wardat et al., ICSE 2021) asks for five equal losses. Losses of batches drawn anew are never equal,
    so we ask for a fall of 1 %, the smallest rise that AutoTrainer (Zhang et al., ICSE 2021) counts as progress.
"""

from __future__ import annotations

from netmend.program.blame import Blame
from netmend.training.curves import finite_losses, has_learned
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
from netmend.training.symptoms._values import hidden, learning_rates
from netmend.training.trace import Trace

FALL = 0.01  # AutoTrainer, smallest rise between epochs that counts


def _measure(trace: Trace) -> tuple[Reading, ...]:
    losses = finite_losses(trace)
    if len(losses) < 2 or losses[0] == 0 or has_learned(trace):
        return ()
    best = min(losses[1:])
    fall = (losses[0] - best) / abs(losses[0])
    rates = learning_rates(trace, 0.1, 0.01, 10) if fall < 0 else learning_rates(trace, 10, 0.1, 100)
    blames = (
        Blame("learning-rate", 0.5, values=rates),
        Blame("activation", 0.4, role="output"),
        Blame("loss", 0.4),
        Blame("initialiser", 0.4, values=("glorot_uniform", "he_normal")),
        Blame("optimiser", 0.3, values=tuple(name for name in ("adam", "sgd") if name != trace.optimiser)),
        *hidden("activation", 0.2, ("relu",)),
    )
    message = f"The loss was {losses[0]:.4g} in the first epoch and {best:.4g} at its best afterwards."
    return (Reading(fall, "loss", message, blames, severity=0.8),)


symptom = Symptom(
    measure=_measure,
    threshold=FALL,
    above=False,
    fires_on=(unlearned(), healthy_torch(epochs=curves(loss=falling(2.3, 5.0)))),
    silent_on=(
        healthy(),
        healthy_regression(),
        healthy_torch(),
        short(unlearned(), 1),
        healthy_torch(epochs=curves(loss=falling(2.3, 1.9))),
        healthy_regression(epochs=curves(loss=(0.2, 0.2, 0.2))),
    ),
)

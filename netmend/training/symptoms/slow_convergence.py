"""The run is far from its goal and no epoch brings it noticeably nearer.

What it is:
    Learning so slow that the planned epochs cannot be enough: the rate is too small, the optimiser does not fit, or
    something (initial weights, activations) keeps the gradient small.

How it is measured:
    The largest rise of the accuracy from one epoch to the next, on training and on validation rows. Where no accuracy
    is reported: the largest fall of the loss, relative to the first epoch's loss. Given only for a run that has not
    learned and has at least three epochs.

When it is wrong:
    Below 0.01. The task may simply be hard, or its labels noise.

References:
    AutoTrainer (Zhang et al., ICSE 2021), default of its slow-convergence rule, for classification. The rule for the
    loss is our own and keeps the number.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from netmend.program.blame import Blame
from netmend.training.curves import accuracies, finite_losses, has_learned
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
from netmend.training.symptoms._values import epochs, hidden, learning_rates
from netmend.training.trace import Trace

RISE = 0.01  # AutoTrainer, default
FEWEST_EPOCHS = 3  # two steps between epochs, so that one unlucky step does not decide


def _measure(trace: Trace) -> tuple[Reading, ...]:
    if has_learned(trace):
        return ()
    quantity, rises = "accuracy", [_rises(accuracies(trace)), _rises(accuracies(trace, "val_"))]
    if not any(rises):
        losses = finite_losses(trace)
        quantity = "loss"
        rises = [_rises([-loss / abs(losses[0]) for loss in losses]) if losses and losses[0] else []]
    largest = max((rise for curve in rises if len(curve) >= FEWEST_EPOCHS - 1 for rise in curve), default=None)
    if largest is None:
        return ()
    improved = f" by more than {largest:.2g}" if largest > 0 else ""
    message = f"No epoch improved the {quantity}{improved}, and it is still far from good."
    blames = (
        Blame("learning-rate", 0.5, values=learning_rates(trace, 10, 3, 100)),
        Blame("optimiser", 0.5, values=tuple(name for name in ("adam", "nadam", "sgd") if name != trace.optimiser)),
        Blame("epochs", 0.3, values=epochs(trace, 4, 10)),
        Blame("initialiser", 0.3, values=("glorot_uniform", "he_normal")),
        *hidden("activation", 0.2, ("relu",)),
    )
    return (Reading(largest, quantity, message, blames, severity=0.5),)


def _rises(values: Sequence[float]) -> list[float]:
    return [later - earlier for earlier, later in pairwise(values)]


symptom = Symptom(
    measure=_measure,
    threshold=RISE,
    above=False,
    fires_on=(
        unlearned(),
        healthy_torch(epochs=curves(loss=falling(2.3, 2.25, 0.1))),
        healthy_regression(epochs=curves(loss=falling(1.1, 1.05, 0.1))),
    ),
    silent_on=(healthy(), healthy_regression(), healthy_torch(), short(unlearned(), 1), short(unlearned(), 2)),
)

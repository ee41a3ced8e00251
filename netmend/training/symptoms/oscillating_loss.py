"""The training curve swings up and down instead of settling: the steps are too large or too noisy.

What it is:
    Steps that overshoot the minimum, or gradients of batches so small that each points elsewhere.

How it is measured:
    Local maxima and minima of the training accuracy are paired in order; the number of pairs at least 0.03 apart, over
    the number of epochs. Where no accuracy is reported the loss is used, in units of the first epoch's loss. At least
    five epochs are needed: fewer hold no two inner extremes of each sort.

When it is wrong:
    Above 0.2. Cyclic learning-rate schedules swing on purpose.

References:
    AutoTrainer (Zhang et al., ICSE 2021), defaults of its oscillating-loss rule, which reads the accuracy. The rule for
    the loss is our own and keeps the numbers.
"""

from __future__ import annotations

from collections.abc import Sequence

from netmend.program.blame import Blame
from netmend.training.curves import accuracies, finite_losses, has_learned
from netmend.training.symptoms._base import Reading, Symptom
from netmend.training.symptoms._examples import EPOCHS, curves, falling, healthy, healthy_regression, healthy_torch
from netmend.training.symptoms._values import batch_sizes, learning_rates
from netmend.training.trace import Trace

SHARE = 0.2  # AutoTrainer, default
SWING = 0.03  # AutoTrainer, default
FEWEST_EPOCHS = 5  # two maxima and two minima between the ends need four inner epochs at least


def swings(values: Sequence[float]) -> int:
    """Pairs of a local maximum and a local minimum, taken in order, that are at least `SWING` apart."""
    inner = list(zip(values, values[1:], values[2:], strict=False))
    highs = [middle for left, middle, right in inner if left < middle > right]
    lows = [middle for left, middle, right in inner if left > middle < right]
    return sum(abs(high - low) >= SWING for high, low in zip(highs, lows, strict=False))


def _measure(trace: Trace) -> tuple[Reading, ...]:
    quantity, values = "accuracy", accuracies(trace)
    if not values:
        quantity, losses = "loss", finite_losses(trace)
        values = tuple(loss / abs(losses[0]) for loss in losses) if losses and losses[0] else ()
    if len(values) < FEWEST_EPOCHS:
        return ()
    pairs = swings(values)
    share = pairs / len(values)
    message = f"The training {quantity} swings: {pairs} ups and downs of 0.03 or more in {len(values)} epochs."
    blames = (
        Blame("learning-rate", 0.6, values=learning_rates(trace, 0.1, 0.3, 0.01)),
        Blame("batch-size", 0.4, values=batch_sizes(trace, 4, 2)),
        Blame("optimiser", 0.3, values=("adam",)),  # the first repair AutoTrainer tries
    )
    return (Reading(share, quantity, message, blames, severity=0.3 if has_learned(trace) else 0.5),)


_UP_AND_DOWN = tuple(0.3 + 0.2 * (epoch % 2) for epoch in range(EPOCHS))

symptom = Symptom(
    measure=_measure,
    threshold=SHARE,
    above=True,
    fires_on=(
        healthy(epochs=curves(loss=falling(2.1, 1.5), accuracy=_UP_AND_DOWN)),
        healthy_torch(epochs=curves(loss=_UP_AND_DOWN)),
    ),
    silent_on=(
        healthy(),
        healthy_regression(),
        healthy_torch(),
        healthy_torch(epochs=curves(loss=tuple(0.69 + 0.001 * (epoch % 2) for epoch in range(EPOCHS)))),
        healthy(epochs=curves(loss=(1.0, 2.0, 1.0))),
    ),
)

"""Training stopped while the loss was still falling: more epochs would have helped.

What it is:
    Too few epochs, or steps too small for the epochs there are.

How it is measured:
    The share of the whole fall of the training loss that happened in the last quarter of the epochs: the mean of the
    last quarter against the mean of the quarter before, over the fall from the first epoch. Not given for fewer than
    three epochs, nor while the validation loss is above its best by more than a tenth: then more epochs overfit.

When it is wrong:
    Above 0.05. A loss that falls evenly to the end gives 0.25 or more; an exponential that halves from quarter to
    quarter gives 0.07; one that has settled gives less than 0.01. A training loss also keeps falling while a network
    learns its rows by heart.

References:
    The rule "training loss still falling at the end" is folklore; AutoTrainer, DeepDiagnosis and UMLAUT lack it, and
    too few epochs are the fault that learning-based tools alone localise (Humbatova et al., EMSE 2025). Threshold: own
    convention, from the three shapes above.
"""

from __future__ import annotations

from netmend.program.blame import Blame
from netmend.training.curves import finite_losses, has_learned, late_fall
from netmend.training.symptoms._base import Reading, Symptom
from netmend.training.symptoms._examples import curves, falling, healthy, healthy_regression, healthy_torch, unlearned
from netmend.training.symptoms._values import batch_sizes, epochs, learning_rates
from netmend.training.trace import Trace

LATE_SHARE = 0.05  # own convention, see References
TURNED = 1.1  # own convention: a validation loss a tenth above its best has turned


def _measure(trace: Trace) -> tuple[Reading, ...]:
    share = late_fall(finite_losses(trace))
    validation = finite_losses(trace, "val_loss")
    if share is None or (validation and validation[-1] > TURNED * min(validation)):
        return ()
    blames = (
        Blame("epochs", 0.7, values=epochs(trace, 4, 2, 10)),
        Blame("learning-rate", 0.6, values=learning_rates(trace, 10, 3)),
        Blame("batch-size", 0.4, values=batch_sizes(trace, 0.25, 0.5)),
        Blame("optimiser", 0.3, values=() if trace.optimiser == "adam" else ("adam",)),
    )
    message = f"{share:.0%} of the fall of the loss happened in the last quarter of the {len(trace.epochs)} epochs."
    return (Reading(share, "loss", message, blames, severity=0.3 if has_learned(trace) else 0.6),)


_STRAIGHT = tuple(1 - 0.02 * epoch for epoch in range(30))

symptom = Symptom(
    measure=_measure,
    threshold=LATE_SHARE,
    above=True,
    fires_on=(
        healthy(epochs=curves(loss=_STRAIGHT)),
        healthy_regression(epochs=curves(loss=falling(2, 1, 0.03), val_loss=falling(2, 1, 0.03))),
        healthy_torch(epochs=curves(loss=(2.3, 2.0, 1.7))),
    ),
    silent_on=(
        healthy(),
        healthy_regression(),
        healthy_torch(),
        unlearned(),
        healthy(epochs=curves(loss=(2.3, 1.2))),
        healthy(epochs=curves(loss=_STRAIGHT, val_loss=tuple(reversed(_STRAIGHT)))),
    ),
)

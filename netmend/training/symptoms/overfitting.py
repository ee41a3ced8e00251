"""The validation loss rises while the training loss goes on falling: the network learns its rows by heart.

What it is:
    More capacity or more epochs than the data can feed. What is learned last holds for the training rows alone.

How it is measured:
    The rise of the validation loss from its smallest value to its last one, relative to the smallest. Given only if the
    training loss fell after that moment.

When it is wrong:
    Above 0.2. Accuracy may still improve while the loss of a few wrong rows grows.

References:
    UMLAUT (Schoop et al., CHI 2021) warns of any rise of the validation loss while the training loss does not rise. The
    size is our own convention: a validation loss goes up and down by a few per cent from epoch to epoch.
"""

from __future__ import annotations

from netmend.program.blame import Blame
from netmend.training.symptoms._base import Reading, Symptom
from netmend.training.symptoms._examples import (
    EPOCHS,
    curves,
    falling,
    healthy,
    healthy_regression,
    healthy_torch,
    unlearned,
)
from netmend.training.symptoms._values import epochs, hidden
from netmend.training.trace import Trace

RISE = 0.2  # own convention, see References


def _measure(trace: Trace) -> tuple[Reading, ...]:
    pairs = [
        (epoch.values["val_loss"], epoch.values["loss"])
        for epoch in trace.epochs
        if "val_loss" in epoch.values and "loss" in epoch.values
    ]
    pairs = [pair for pair in pairs if abs(pair[0]) < float("inf") and abs(pair[1]) < float("inf")]
    if len(pairs) < 2:
        return ()
    best, training = min(pairs)
    last, training_last = pairs[-1]
    if best <= 0 or training_last >= training:
        return ()
    rise = (last - best) / best
    turned = pairs.index((best, training)) + 1
    message = f"The validation loss rose from {best:.4g} in epoch {turned} to {last:.4g} while the training loss fell."
    blames = (
        Blame("epochs", 0.4, values=epochs(trace, turned / len(pairs), 0.5)),
        Blame("dropout-rate", 0.4, values=(0.5, 0.3)),
        Blame("regulariser", 0.4, values=("l2(0.001)", "l2(0.0001)")),
        *hidden("units", 0.2),
    )
    return (Reading(rise, "val_loss", message, blames, severity=min(0.6, 0.2 + 0.2 * max(0.0, rise))),)


symptom = Symptom(
    measure=_measure,
    threshold=RISE,
    above=True,
    fires_on=(
        healthy(
            epochs=curves(
                loss=falling(2.1, 0.01), val_loss=tuple(0.5 + 0.02 * abs(epoch - 8) for epoch in range(EPOCHS))
            )
        ),
    ),
    silent_on=(
        healthy(),
        healthy_regression(),
        healthy_torch(),
        unlearned(),
        healthy(epochs=curves(loss=falling(1, 9), val_loss=falling(1, 9))),
    ),
)

"""Far more training rows than validation rows are right.

What it is:
    The network fits its training rows and fails on others: it learned them by heart, or the two are prepared in
    different ways (see `train-eval-mismatch`).

How it is measured:
    Training accuracy less validation accuracy, after the last epoch.

When it is wrong:
    Above 0.1. With few validation rows chance alone makes such gaps: with 25 rows one standard error is up to 0.1.

References:
    The number: DeepFD (Cao et al., ICSE 2022), its feature "test not well".
"""

from __future__ import annotations

from netmend.program.blame import Blame
from netmend.training.curves import accuracies
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
from netmend.training.symptoms._values import hidden
from netmend.training.trace import Trace

GAP = 0.1  # DeepFD


def _measure(trace: Trace) -> tuple[Reading, ...]:
    training, validation = accuracies(trace), accuracies(trace, "val_")
    if not training or not validation:
        return ()
    gap = training[-1] - validation[-1]
    message = f"The accuracy is {training[-1]:.3f} on training rows and {validation[-1]:.3f} on validation rows."
    blames = (
        Blame("dropout-rate", 0.4, values=(0.5, 0.3)),
        Blame("regulariser", 0.4, values=("l2(0.001)", "l2(0.0001)")),
        *hidden("units", 0.2),
    )
    return (Reading(gap, "accuracy", message, blames, severity=min(0.7, 0.2 + max(0.0, gap))),)


symptom = Symptom(
    measure=_measure,
    threshold=GAP,
    above=True,
    fires_on=(healthy(epochs=curves(loss=falling(2, 0.1), accuracy=falling(0.3, 0.99), val_accuracy=(0.1,) * EPOCHS)),),
    silent_on=(
        healthy(),
        healthy_regression(),
        healthy_torch(),
        unlearned(),
        healthy(epochs=curves(loss=falling(2, 0.9), accuracy=falling(0.3, 0.6), val_accuracy=falling(0.3, 0.8))),
    ),
)

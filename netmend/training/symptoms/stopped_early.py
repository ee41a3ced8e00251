"""The training ended itself long before the epochs it was given, and had not learned yet.

What it is:
    Early stopping without patience, or one that takes an improvement for the contrary.

How it is measured:
    The share of the planned epochs that were trained. Given only for a run that has not learned, and has not become
    infinite.

When it is wrong:
    Below 0.5. A program may plan far more epochs than it ever expects to need.

References:
    Prechelt, "Early Stopping - But When?", Neural Networks: Tricks of the Trade, 1998. Half is our own convention.
"""

from __future__ import annotations

from dataclasses import replace

from netmend.program.blame import Blame
from netmend.training.curves import broke, has_learned
from netmend.training.symptoms._base import Reading, Symptom
from netmend.training.symptoms._examples import EPOCHS, HEALTHY, healthy, short, unlearned
from netmend.training.trace import Trace

SHARE = 0.5  # own convention, see References


def _measure(trace: Trace) -> tuple[Reading, ...]:
    if trace.epochs_planned < 1 or not trace.epochs or has_learned(trace) or broke(trace):
        return ()
    share = len(trace.epochs) / trace.epochs_planned
    message = f"The training ended after {len(trace.epochs)} of the {trace.epochs_planned} epochs it was given."
    blames = (Blame("patience", 0.8, values=(10, 20)), Blame("better-is", 0.3, values=("auto",)))
    return (Reading(share, "epochs", message, blames, 0.7),)


symptom = Symptom(
    measure=_measure,
    threshold=SHARE,
    above=False,
    fires_on=(replace(short(unlearned(), 3), epochs_planned=EPOCHS),),
    silent_on=(*HEALTHY, unlearned(), short(unlearned(), 3), replace(short(healthy(), 12), epochs_planned=EPOCHS)),
)

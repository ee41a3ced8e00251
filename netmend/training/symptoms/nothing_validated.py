"""The program looks at no rows but those it trains on.

What it is:
    Without rows set aside nobody sees whether the network learned or memorised.

How it is measured:
    1 if netmend had to withhold training rows to measure the program at all, 0 otherwise.

When it is wrong:
    Above 0.5. `validation_split=0.2` in `fit`, or an evaluation on a test set, mends it. netmend proposes no patch: its
    verdict rests on rows that are held out anyway, and such a patch would only change which.

References:
    Hastie, Tibshirani and Friedman, The Elements of Statistical Learning, 2009, section 7.2. The value is a convention:
    it only tells the cases apart.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from netmend.program.blame import Blame
from netmend.training.symptoms._base import Reading, Symptom
from netmend.training.symptoms._examples import HEALTHY, healthy
from netmend.training.trace import Evaluation, Trace

HELD_OUT = "held-out training rows"  # see `netmend.training.trace.Evaluation`


def _measure(trace: Trace) -> tuple[Reading, ...]:
    if trace.evaluation is None:
        return ()
    message = "The program looks at no rows but those it trains on; set some aside, as with validation_split=0.2."
    value = float(trace.evaluation.origin == HELD_OUT)
    return (Reading(value, "evaluation", message, (Blame("validation-split", 0.1),), severity=0.1),)


_EVALUATED = Evaluation("evaluate", Path("predictions.npz"), 100)

symptom = Symptom(
    measure=_measure,
    threshold=0.5,  # convention: between validated and not
    above=True,
    fires_on=(healthy(evaluation=replace(_EVALUATED, origin=HELD_OUT)),),
    silent_on=(*HEALTHY, healthy(evaluation=_EVALUATED)),
)

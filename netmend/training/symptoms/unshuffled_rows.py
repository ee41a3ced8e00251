"""The training rows come in the same order in every epoch.

What it is:
    Where rows are sorted by class, each batch pulls the weights towards one class and the last batches win; where they
    are not, a fixed order still makes training a little worse.

How it is measured:
    1 if the training data are not shuffled and a batch holds fewer rows than there are, 0 otherwise.

When it is wrong:
    Above 0.5. The probe sees that rows are not shuffled, not whether they are sorted; a program may have shuffled them
    itself before training.

References:
    Bengio, "Practical recommendations for gradient-based training of deep architectures", 2012, section 2.1.2: examples
    should come in random order. The value is a convention: it only tells the cases apart.
"""

from __future__ import annotations

from netmend.program.blame import Blame
from netmend.training.curves import ACCURACY_LEARNED, accuracies
from netmend.training.symptoms._base import Reading, Symptom
from netmend.training.symptoms._examples import HEALTHY, healthy, unlearned
from netmend.training.trace import Trace


def generalises(trace: Trace) -> bool:
    """Most validation rows are right at the end. What a run says of its training rows proves nothing here.

    Rows sorted by class make a small loss on each batch, as the network only has to remember the class of the last.
    """
    validated = accuracies(trace, "val_")
    return bool(validated) and validated[-1] >= ACCURACY_LEARNED


def _measure(trace: Trace) -> tuple[Reading, ...]:
    if trace.shuffled is None or trace.labels is None:
        return ()
    whole = 0 < trace.labels.rows <= trace.batch_size
    value = float(trace.shuffled is False and not whole)
    learned = generalises(trace)
    message = "The training rows come in the same order in every epoch."
    blames = (Blame("shuffling", 0.3 if learned else 0.9, values=(True,)),)
    return (Reading(value, "training rows", message, blames, severity=0.2 if learned else 0.6),)


symptom = Symptom(
    measure=_measure,
    threshold=0.5,  # convention: between shuffled and not
    above=True,
    fires_on=(unlearned(shuffled=False), healthy(shuffled=False)),
    silent_on=(*HEALTHY, healthy(shuffled=None), healthy(shuffled=False, batch_size=1347)),
)

"""Make batches smaller: more steps from the same epochs.

What it changes:
    The batch size: to a half and a quarter, and to the usual 32 and 16.

When it helps:
    The optimiser makes few steps because the batches are large for the number of rows.

When it is wrong:
    Each step becomes noisier, and an epoch takes longer.

References:
    Masters and Luschi, "Revisiting small batch training for deep neural networks", 2018: best results between 2 and 32.
    32 is the default of Keras and the commonest written size in a corpus of 1,730 programs (20 %, own measurement).
    1,000 updates: see the symptom `too-few-updates`. The priors are our own.
"""

from __future__ import annotations

from collections.abc import Iterable

from netmend.program.elements._base import Element
from netmend.repairs.program.operators._base import Operator, Suggestion
from netmend.repairs.program.operators._examples import keras
from netmend.repairs.program.operators._numbers import whole
from netmend.training.curves import has_learned
from netmend.training.trace import Trace

USUAL = (32, 16)
ENOUGH_UPDATES = 1000  # see the symptom `too-few-updates`
FEWEST_ROWS = 4  # own convention: the gradient of fewer rows is mostly noise
PRIORS = (0.5, 0.4, 0.3, 0.2)  # own convention, best first
ENOUGH = 0.4  # own convention: what remains of a prior where there are updates enough


def _suggest(element: Element, elements: tuple[Element, ...], trace: Trace) -> Iterable[Suggestion]:
    present = whole(element)
    if present is None or (trace.crash is not None and trace.updates < 1):
        return
    few = not has_learned(trace) and 0 < trace.updates < ENOUGH_UPDATES
    # A quarter brings a short run nearer to enough updates than a half; a usual size comes before an odd one.
    wanted = (*USUAL, present // 4, present // 2) if present > 4 * USUAL[0] else (present // 4, present // 2, *USUAL)
    values = dict.fromkeys(size for size in wanted if FEWEST_ROWS <= size < present)
    for size, prior in zip(values, PRIORS, strict=False):
        yield Suggestion(size, prior * (1.0 if few else ENOUGH), f"{present / size:.0f} times as many updates")


operator = Operator(
    kind="batch-size",
    suggest=_suggest,
    examples=(
        (keras(fit="epochs=30, batch_size=1000"), "batch-size of fit: 1000", 32),
        (keras(), "batch-size of fit: 32", 8),
        (keras(fit="epochs=30, batch_size=4"), "batch-size of fit: 4", None),
    ),
)

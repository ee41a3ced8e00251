"""Make batches larger: steadier steps.

What it changes:
    The batch size: to the usual 32 and 64 where it is smaller, and to two and four times the present one. Where a last
    batch of one row is what a program crashes of, to sizes that are no multiples of each other as well.

When it helps:
    The loss swings from epoch to epoch; or a batch holds so few rows that each step is mostly noise, or but one, of
    which batch normalisation can take no mean.

When it is wrong:
    Fewer steps come out of the same epochs: a run that is too short gets shorter.

References:
    AutoTrainer (Zhang et al., ICSE 2021) grows the batch, from 32 by doublings, against an oscillating loss. 32 is the
    default of Keras and the commonest written size in a corpus of 1,730 programs (20 %, own measurement). The priors
    are our own.
"""

from __future__ import annotations

from collections.abc import Iterable

from netmend.program.elements._base import Element
from netmend.repairs.program.operators._base import Operator, Suggestion
from netmend.repairs.program.operators._crash import lone_row
from netmend.repairs.program.operators._examples import keras
from netmend.repairs.program.operators._numbers import whole
from netmend.training.trace import Trace

USUAL = (32, 64)
UNALIKE = (32, 48, 64)
"""Where a last batch has one row, the number of rows is one more than a multiple of the size. What else it is a
multiple of is unknown, so powers of two alone may all leave one row again: 449 rows do by 32 and by 64."""
TINY = 8  # own convention: below a quarter of the usual size
ENOUGH_UPDATES = 1000  # see the symptom `too-few-updates`
PRIORS = (0.3, 0.2, 0.15)  # own convention, best first
LONE_PRIORS = (*PRIORS, 0.1)  # own convention, best first
LEAST = 0.01  # own convention: never quite out of the question
TINY_GAIN = 2.0  # own convention: how much likelier it is where batches are tiny


def _suggest(element: Element, elements: tuple[Element, ...], trace: Trace) -> Iterable[Suggestion]:
    present = whole(element)
    if present is None:
        return ()
    if trace.crash is not None and trace.updates < 1:  # nothing is known but the error
        if not lone_row(trace.crash.detail):
            return ()
        usual = [size for size in dict.fromkeys((*UNALIKE, 2 * present)) if size > present]
        sizes = dict.fromkeys((*usual[: len(PRIORS)], present + 1))
        ranked = zip(sizes, LONE_PRIORS, strict=False)
        return [Suggestion(size, prior, "no batch of a single row") for size, prior in ranked]
    rows = trace.labels.rows if trace.labels is not None else 0
    tiny = present < TINY
    wanted = (*USUAL, 4 * present) if tiny else (2 * present, 4 * present, *USUAL)
    values = dict.fromkeys(size for size in wanted if size > present and (rows < 1 or size <= rows))
    found = []
    for size, prior in zip(values, PRIORS, strict=False):
        # What a run would lose in updates counts against it in proportion, once they fall below enough.
        left = trace.updates * present / size
        share = min(1.0, left / ENOUGH_UPDATES) if trace.updates > 0 else 1.0
        found.append(Suggestion(size, max(LEAST, prior * (TINY_GAIN if tiny else 1.0) * share), "steadier steps"))
    return sorted(found, key=lambda suggestion: -suggestion.prior)


operator = Operator(
    kind="batch-size",
    suggest=_suggest,
    examples=(
        (keras(fit="epochs=30, batch_size=1"), "batch-size of fit: 1", 4),
        (keras(), "batch-size of fit: 32", 64),
    ),
)

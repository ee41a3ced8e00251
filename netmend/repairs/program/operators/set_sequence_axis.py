"""Let a recurrent layer take the second axis for time.

What it changes:
    `batch_first=True` is given to `nn.LSTM`, `nn.GRU` or `nn.RNN`.

When it helps:
    Batches are given as (rows, steps, features), so that the layer reads the rows as the steps of one sequence.

When it is wrong:
    Batches that are given as (steps, rows, features), as it takes them by default.

References:
    PyTorch reference, torch.nn.LSTM, `batch_first`. The prior is our own: an even chance at best where no rule fires.
"""

from __future__ import annotations

from collections.abc import Iterable

from netmend.program.elements._base import Element
from netmend.program.elements.sequence_axis import FIRST, SECOND
from netmend.program.lint.steps_taken_for_rows import rule
from netmend.repairs.program.operators._base import Operator, Suggestion
from netmend.training.curves import has_learned
from netmend.training.trace import Trace

PRIOR, LEAST = 0.5, 0.1  # own convention, see References


def _suggest(element: Element, elements: tuple[Element, ...], trace: Trace) -> Iterable[Suggestion]:
    if element.value == FIRST:
        yield Suggestion(SECOND, LEAST if has_learned(trace) else PRIOR, "rows before steps")


operator = Operator(
    kind="sequence-axis",
    suggest=_suggest,
    examples=(
        (rule.fires_on[0], "sequence-axis of GRU 1: first (default)", SECOND),
        (rule.silent_on[2], "sequence-axis of GRU 1: second", None),
    ),
)

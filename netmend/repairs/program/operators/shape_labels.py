"""Give the loss labels of the shape of the predictions.

What it changes:
    The labels that a PyTorch training step hands to its loss gain `unsqueeze(-1)` or `squeeze(-1)`.

When it helps:
    Predictions of shape (N, 1) are compared with labels of shape (N,), or the other way round, so that each is compared
    with those of all rows.

When it is wrong:
    Never, where the shapes differ in a last axis of one number alone; elsewhere nothing is suggested.

References:
    PyTorch reference, torch.nn.functional.mse_loss and "Broadcasting semantics". The prior is our own: nothing else
    mends such a loss.
"""

from __future__ import annotations

from collections.abc import Iterable

from netmend.program.elements._base import Element
from netmend.program.elements.loss_target import COLUMN, NONE, ROW
from netmend.program.lint._examples import torch_program
from netmend.repairs.program.operators._base import Operator, Suggestion
from netmend.training.trace import Trace

PRIOR = 0.95  # own convention, see References


def _suggest(element: Element, elements: tuple[Element, ...], trace: Trace) -> Iterable[Suggestion]:
    given, target = trace.compared if len(trace.compared) == 2 else ((), ())
    if len(given) > 0 and given == (*target, 1):
        yield Suggestion(NONE if element.value == ROW else COLUMN, PRIOR, "labels of the shape of the predictions")
    elif len(target) > 0 and target == (*given, 1):
        yield Suggestion(NONE if element.value == COLUMN else ROW, PRIOR, "labels of the shape of the predictions")


operator = Operator(
    kind="loss-target",
    suggest=_suggest,
    examples=((torch_program(), "loss-target of training step: none (default)", None),),
)

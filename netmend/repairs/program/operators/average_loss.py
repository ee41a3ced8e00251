"""Average the losses of the rows of a batch.

What it changes:
    `reduction="sum"` or `reduction="none"` of the loss becomes the mean.

When it helps:
    The steps of a sum are as many times too large as a batch has rows; a loss for each row has no gradient at all.

When it is wrong:
    A learning rate that was chosen for the sum is too small for the mean.

References:
    PyTorch reference, torch.nn.CrossEntropyLoss, `reduction`. The priors are our own.
"""

from __future__ import annotations

from collections.abc import Iterable

from netmend.program.elements._base import Element
from netmend.program.elements.loss_reduction import MEAN, NONE, SUM
from netmend.program.lint._examples import torch_program
from netmend.repairs.program.operators._base import Operator, Suggestion
from netmend.training.curves import broke, has_learned
from netmend.training.trace import Trace

PRIORS = {NONE: 0.95, SUM: 0.5}  # own convention: of the first, nothing else lets it train
LEAST = 0.1  # own convention: what remains where the run has learned with the sum


def _suggest(element: Element, elements: tuple[Element, ...], trace: Trace) -> Iterable[Suggestion]:
    prior = PRIORS.get(str(element.value))
    if prior is not None:
        learned = element.value == SUM and has_learned(trace) and not broke(trace)
        yield Suggestion(MEAN, LEAST if learned else prior, "one loss for each batch")


operator = Operator(
    kind="loss-reduction",
    suggest=_suggest,
    examples=(
        (
            torch_program(loss='CrossEntropyLoss(reduction="none")'),
            "loss-reduction of CrossEntropyLoss: none",
            MEAN,
        ),
        (torch_program(loss='CrossEntropyLoss(reduction="mean")'), "loss-reduction of CrossEntropyLoss: mean", None),
    ),
)

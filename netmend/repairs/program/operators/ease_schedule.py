"""Keep the learning rate from fading: change it once an epoch, or not at all.

What it changes:
    The step of a PyTorch scheduler, a Keras callback or schedule that sets the rate, or the statement that sets it by
    hand, goes; or the step moves behind the loop over batches.

When it helps:
    A scheduler that is meant for epochs is stepped after every batch, or divides the rate so often that nothing remains
    while there is much to learn.

When it is wrong:
    A schedule that fits its training: it usually ends at a better network than a constant rate.

References:
    PyTorch reference, torch.optim, "How to adjust learning rate". The priors are our own: likely where the rate has
    faded early, unlikely elsewhere.
"""

from __future__ import annotations

from collections.abc import Iterable

from netmend.program.elements._base import Element
from netmend.program.elements.rate_schedule import EACH_EPOCH, EACH_UPDATE, NONE, kind
from netmend.program.lint._examples import torch_program
from netmend.repairs.program.operators._base import Operator, Suggestion
from netmend.training.symptoms.rate_fades_early import symptom as fades
from netmend.training.trace import Trace

PRIOR_EPOCH, PRIOR_NONE = 0.8, 0.7  # own convention, see References
LEAST = 0.1  # own convention: what remains where the rate did not fade
MADE_FOR_UPDATES = ("OneCycleLR", "CyclicLR")  # PyTorch reference: to be stepped after every batch


def _suggest(element: Element, elements: tuple[Element, ...], trace: Trace) -> Iterable[Suggestion]:
    weight = 1.0 if fades.fires(trace) else LEAST
    if EACH_EPOCH in kind.values(element) and element.owner not in MADE_FOR_UPDATES:
        yield Suggestion(EACH_EPOCH, PRIOR_EPOCH * weight, "a schedule of epochs")
    if element.value in (EACH_UPDATE, EACH_EPOCH):
        yield Suggestion(NONE, PRIOR_NONE * weight, "the rate stays")


EACH = "rate-schedule of ExponentialLR: each"
STEPPED = (
    torch_program()
    .replace("for epoch", "decay = torch.optim.lr_scheduler.ExponentialLR(optimiser, gamma=0.5)\nfor epoch")
    .replace("optimiser.step()\n", "optimiser.step()\n        decay.step()\n")
)

operator = Operator(
    kind="rate-schedule",
    suggest=_suggest,
    examples=(
        (STEPPED, f"{EACH} update", EACH_EPOCH),
        (STEPPED.replace("        decay.step()", "    decay.step()"), f"{EACH} epoch", NONE),
    ),
)

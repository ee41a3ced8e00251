"""What changes the learning rate while a program trains, and how often it does.

In PyTorch the `step()` of a scheduler of `torch.optim.lr_scheduler`: "each update" where it stands in the loop over
batches, "each epoch" where it stands around it. In Keras a callback that sets the rate: "each epoch"; or a schedule
that the optimiser is given: "each update". In both a statement that sets the rate by hand, as often as the loop
that it is in. "none" takes it out; the rate that the optimiser was given then stays. There is no element where nothing
changes the rate.

References:
    PyTorch reference, torch.optim, "How to adjust learning rate": most schedulers are meant to be stepped once an
    epoch, OneCycleLR and CyclicLR once an update. Keras reference, LearningRateScheduler and ReduceLROnPlateau.
"""

from __future__ import annotations

from netmend.program.blame import Value
from netmend.program.elements._base import Element, ElementKind
from netmend.program.elements._find import change, finder, others

NONE, EACH_UPDATE, EACH_EPOCH = "none", "each update", "each epoch"
BY_HAND = "by hand"
"""Form of a statement that sets the rate."""


def _values(element: Element) -> tuple[Value, ...]:
    # What Keras makes of a rate for each update, and what a statement does, is not the step of a scheduler.
    stepped = element.framework == "torch" and element.form != BY_HAND
    return others(element, (EACH_EPOCH, NONE) if stepped and element.value == EACH_UPDATE else (NONE,))


kind = ElementKind(find=finder("rate-schedule"), values=_values, change=change)

"""Let the training step train the model.

What it changes:
    A PyTorch loop gains `backward()` or `step()`, its loss is given outputs and labels in their order, the outputs keep
    their gradients, the optimiser is given the weights of the model that is called, or `forward` keeps gradients.

When it helps:
    One of these is missing or exchanged: the program crashes, or runs and learns nothing.

When it is wrong:
    A program that updates its weights by hand; where it has an optimiser too, that one does nothing. A `forward` that
    cuts off gradients on purpose, so it is changed only where weights stay as they were or the program crashes.

References:
    PyTorch reference, see the element `training-step`. The prior is our own: no program trains without it.
"""

from __future__ import annotations

from collections.abc import Iterable

from netmend.program.elements._base import Element
from netmend.program.elements._find import values_of
from netmend.program.elements.training_step import GRADIENTS_END
from netmend.program.lint._examples import torch_program
from netmend.repairs.program.operators._base import Operator, Suggestion
from netmend.training.symptoms.unchanged_weights import symptom as unchanged
from netmend.training.trace import Trace

PRIOR = 0.97  # own convention, see References


def _suggest(element: Element, elements: tuple[Element, ...], trace: Trace) -> Iterable[Suggestion]:
    if element.value == GRADIENTS_END and trace.crash is None and not _keeps_layer(element, trace):
        return
    for value in values_of(element):
        yield Suggestion(value, PRIOR, "the step trains the model")


def _keeps_layer(element: Element, trace: Trace) -> bool:
    """Whether the layer that an element cuts off stays as it was."""
    blames = [blame for reading in unchanged.fires(trace) for blame in reading.blames if blame.kind == element.kind]
    return any(element.layer in (None, blame.layer) for blame in blames)


operator = Operator(
    kind="training-step",
    suggest=_suggest,
    examples=(
        (
            torch_program().replace("        optimiser.step()\n", ""),
            "training-step of training loop: no step",
            None,
        ),
    ),
)

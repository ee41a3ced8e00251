"""Put the loss that fits the labels and the last activation in place of the present one.

What it changes:
    The loss: categorical cross-entropy for one-hot rows, sparse categorical cross-entropy for class numbers, binary
    cross-entropy for 0 and 1, mean squared error for quantities; on logits where the last activation is linear.

When it helps:
    The loss belongs to another sort of labels, or is one that few programs use for this task.

When it is wrong:
    The loss is what the task asks for (a hinge by intention, a loss against outliers).

References:
    The combinations are the definitions of the losses in the Keras and PyTorch references; AutoTrainer (Zhang et al.,
    TDSC 2024), repair of an improper loss. The priors are our own: what fits is likely where what stands there does
    not; between losses that both fit, the present one has the better claim.
"""

from __future__ import annotations

from collections.abc import Iterable

from netmend.program.elements._base import Element
from netmend.repairs.program.operators._base import Operator, Suggestion
from netmend.repairs.program.operators._examples import keras
from netmend.training.task import LabelForm, fitting_losses, label_form
from netmend.training.trace import Trace

PRIOR_FITS, PRIOR_ALSO_FITS, PRIOR_TASTE = 0.8, 0.4, 0.25  # own convention, see References


def _suggest(element: Element, elements: tuple[Element, ...], trace: Trace) -> Iterable[Suggestion]:
    fitting, form = fitting_losses(trace), label_form(trace)
    if not fitting or form is None:
        return
    wrong = element.value not in fitting
    others = [name for name in fitting if name != element.value]
    for rank, name in enumerate(others[:3]):
        prior = PRIOR_TASTE if not wrong else PRIOR_FITS if rank == 0 else PRIOR_ALSO_FITS
        yield Suggestion(name, prior, f"fits labels that are {form}")
    if form in (LabelForm.ONE_HOT, LabelForm.BINARY) and element.value != "mean_squared_error":
        # Defined for every last activation, so it also trains where the last activation is the fault.
        yield Suggestion("mean_squared_error", PRIOR_TASTE / 2, "defined for every last activation")


operator = Operator(
    kind="loss",
    suggest=_suggest,
    examples=(
        (keras(loss="mean_squared_error"), "loss of compile: mean_squared_error", "sparse_categorical_crossentropy"),
        (keras(loss="hinge"), "loss of compile: hinge", "sparse_categorical_crossentropy"),
        (keras(), "loss of compile: sparse_categorical_crossentropy", None),
    ),
)

"""Train with another loss.

What it changes:
    The loss of the training.

Parameters:
    One of 13 losses; PyTorch has eight of them. One that takes logits stays one where there is such a form. Beside
    these (own addition, as it is what people get wrong) the same cross-entropy with and without the last activation.

When it is wrong:
    Losses for another form of labels (one-hot for class numbers) do not train at all, which is no silent fault.

References:
    LCH of DeepCrime (Humbatova, Jahangirova and Tonella, ISSTA 2021).
"""

from __future__ import annotations

from collections.abc import Iterator

from netmend.mutation.operators._base import MutationOperator, NotApplicable, Opportunity, Reason
from netmend.mutation.operators._elements import at_elements
from netmend.mutation.operators._examples import keras, torch
from netmend.program.elements._base import Element
from netmend.program.elements.loss import LOGITS_MARK
from netmend.program.reading import keras_names, torch_names
from netmend.program.source import Program

LOSSES = (
    "mean_squared_error",
    "mean_absolute_error",
    "huber",
    "binary_crossentropy",
    "categorical_hinge",
    "kullback_leibler_divergence",
    "poisson",
)
KERAS_LOSSES = (
    "mean_absolute_percentage_error",
    "mean_squared_logarithmic_error",
    "squared_hinge",
    "hinge",
    "log_cosh",
    "categorical_crossentropy",
)
TORCH_LOSSES = ("negative_log_likelihood",)
"""What PyTorch has in place of a cross-entropy that takes probabilities."""
WITH_LOGITS = frozenset({"binary_crossentropy", "categorical_crossentropy"})


def _losses(element: Element) -> tuple[str, ...]:
    losses = (*LOSSES, *(KERAS_LOSSES if element.framework == "keras" else TORCH_LOSSES))
    name = str(element.value).removesuffix(LOGITS_MARK)
    if name != element.value:
        losses = tuple(loss + LOGITS_MARK if loss in WITH_LOGITS else loss for loss in losses)
    contrary = name if name != element.value else name + LOGITS_MARK
    known = keras_names.LOGITS if element.framework == "keras" else torch_names.LOSSES
    both = name in known and (element.framework == "keras" or contrary in torch_names.LOSSES)
    return tuple(dict.fromkeys((*losses, *((contrary,) if both else ()))))


def _find(program: Program) -> Iterator[Opportunity | NotApplicable]:
    return at_elements(program, "loss", values=_losses, missing="the loss cannot be seen in the text")


operator = MutationOperator(
    acronym="LCH",
    find=_find,
    examples=(
        (keras(), "hinge", keras(loss="hinge")),
        (torch(), "categorical_hinge", torch(criterion="nn.MultiMarginLoss()")),
        (
            torch(criterion="nn.BCEWithLogitsLoss()"),
            "binary_crossentropy",
            torch(criterion="nn.BCELoss()"),
        ),
    ),
    silent_on=(("import keras\nmodel = keras.Sequential([])\n", Reason.NOTHING_TO_CHANGE),),
)

"""Train for fewer epochs.

What it changes:
    How many times training goes through the data.

Parameters:
    Searched by bisection between the number that stands there and one, to a precision of one.

When it is wrong:
    Where one epoch is enough.

References:
    HNE of DeepCrime (Humbatova, Jahangirova and Tonella, ISSTA 2021).
"""

from __future__ import annotations

from collections.abc import Iterator

from netmend.mutation.operators._base import MutationOperator, NotApplicable, Opportunity, Reason
from netmend.mutation.operators._elements import at_elements, number
from netmend.mutation.operators._examples import keras, torch
from netmend.mutation.scale import Scale
from netmend.program.elements._base import Element
from netmend.program.source import Program


def _scale(element: Element) -> Scale | None:
    epochs = number(element)
    return Scale(epochs, 1, precision=1, whole=True) if epochs and epochs > 1 else None


def _find(program: Program) -> Iterator[Opportunity | NotApplicable]:
    return at_elements(program, "epochs", scale=_scale, missing="no number of epochs above 1 is written")


operator = MutationOperator(
    acronym="HNE",
    find=_find,
    examples=(
        (keras(), 1, keras(fit="x_train, y_train, batch_size=16, epochs=1")),
        (torch(), 1, torch(epochs=1)),
    ),
    silent_on=((torch(epochs=1), Reason.NOTHING_TO_CHANGE),),
)

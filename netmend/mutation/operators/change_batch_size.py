"""Train with another batch size.

What it changes:
    How many rows one update of the weights sees.

Parameters:
    One of 32, 64, 256 and 512, each tried.

When it is wrong:
    Neighbouring sizes train alike.

References:
    HBS of DeepCrime (Humbatova, Jahangirova and Tonella, ISSTA 2021), whose sizes these are.
"""

from __future__ import annotations

from collections.abc import Iterator

from netmend.mutation.operators._base import MutationOperator, NotApplicable, Opportunity, Reason
from netmend.mutation.operators._elements import at_elements
from netmend.mutation.operators._examples import keras, torch
from netmend.program.source import Program

SIZES = (32, 64, 256, 512)


def _find(program: Program) -> Iterator[Opportunity | NotApplicable]:
    return at_elements(
        program, "batch-size", values=lambda element: SIZES, missing="the program makes no batches that can be seen"
    )


operator = MutationOperator(
    acronym="HBS",
    find=_find,
    examples=((keras(), 512, keras(fit="x_train, y_train, batch_size=512, epochs=20")),),
    silent_on=((torch(), Reason.NOTHING_TO_CHANGE),),
)

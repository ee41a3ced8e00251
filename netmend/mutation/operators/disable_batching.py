"""Show all rows to every update of the weights.

What it changes:
    The batch size: to a million rows, more than any program has that trains in seconds.

Parameters:
    None.

When it is wrong:
    On a few hundred rows it can be right. Data that do not fit into memory at once do not train.

References:
    HDB of DeepCrime (Humbatova, Jahangirova and Tonella, ISSTA 2021).
"""

from __future__ import annotations

from collections.abc import Iterator

from netmend.mutation.operators._base import MutationOperator, NotApplicable, Opportunity, Reason
from netmend.mutation.operators._elements import at_elements
from netmend.mutation.operators._examples import keras, torch
from netmend.program.source import Program

ALL_ROWS = 1_000_000


def _find(program: Program) -> Iterator[Opportunity | NotApplicable]:
    return at_elements(
        program,
        "batch-size",
        values=lambda element: (ALL_ROWS,),
        missing="the program makes no batches that can be seen",
    )


operator = MutationOperator(
    acronym="HDB",
    find=_find,
    examples=((keras(), ALL_ROWS, keras(fit="x_train, y_train, batch_size=1000000, epochs=20")),),
    silent_on=((torch(), Reason.NOTHING_TO_CHANGE),),
)

"""Change the share of inputs that a dropout layer sets to zero.

What it changes:
    The rate of one dropout layer.

Parameters:
    The layer, and one of 0.125, 0.25, 0.75 and 1.

When it is wrong:
    A rate near the one that stands there makes little difference.

References:
    RCD of DeepCrime (Humbatova, Jahangirova and Tonella, ISSTA 2021), whose rates these are.
"""

from __future__ import annotations

from collections.abc import Iterator

from netmend.mutation.operators._base import MutationOperator, NotApplicable, Opportunity, Reason
from netmend.mutation.operators._elements import at_elements
from netmend.mutation.operators._examples import keras, torch
from netmend.program.source import Program

RATES = (0.125, 0.25, 0.75, 1.0)


def _find(program: Program) -> Iterator[Opportunity | NotApplicable]:
    return at_elements(
        program,
        "dropout-rate",
        values=lambda element: RATES,
        where=lambda element: bool(element.value),
        missing="the program has no dropout layer",
    )


operator = MutationOperator(
    acronym="RCD",
    find=_find,
    examples=(
        (keras(hidden="layers.Dropout(0.5)"), 0.75, keras(hidden="layers.Dropout(0.75)")),
        (torch(activation="nn.Dropout(0.2), "), 1.0, torch(activation="nn.Dropout(1.0), ")),
    ),
    silent_on=((keras(), Reason.NOTHING_TO_CHANGE),),
)

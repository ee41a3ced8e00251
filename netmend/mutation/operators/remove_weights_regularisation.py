"""Take the penalty on the weights away.

What it changes:
    In Keras the regulariser of one layer; in PyTorch, whose penalties belong to the optimiser, its weight decay.

Parameters:
    The layer.

When it is wrong:
    Weak penalties, and those of small models, make little difference.

References:
    RRW of DeepCrime (Humbatova, Jahangirova and Tonella, ISSTA 2021).
"""

from __future__ import annotations

from collections.abc import Iterator

from netmend.mutation.operators._base import MutationOperator, NotApplicable, Opportunity, Reason
from netmend.mutation.operators._elements import at_elements
from netmend.mutation.operators._examples import keras, torch
from netmend.program.source import Program


def _find(program: Program) -> Iterator[Opportunity | NotApplicable]:
    return at_elements(
        program,
        "regulariser",
        values=lambda element: ("none",),
        where=lambda element: element.value != "none",
        missing="no layer has a regulariser",
    )


def _hidden(penalty: str) -> str:
    return f'layers.Dense(16, activation="relu", kernel_regularizer={penalty})'


operator = MutationOperator(
    acronym="RRW",
    find=_find,
    examples=(
        (keras(hidden=_hidden('"l2"')), "none", keras(hidden=_hidden("None"))),
        (
            torch(optimizer="SGD(model.parameters(), lr=0.1, weight_decay=0.001)"),
            "none",
            torch(optimizer="SGD(model.parameters(), lr=0.1, weight_decay=0)"),
        ),
    ),
    silent_on=((keras(), Reason.NOTHING_TO_CHANGE),),
)

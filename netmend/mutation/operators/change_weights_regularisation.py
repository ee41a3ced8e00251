"""Put another penalty on the weights in place of the one that stands there.

What it changes:
    In Keras the regulariser of one layer; in PyTorch, whose penalties belong to the optimiser, its weight decay.

Parameters:
    The layer, and l1, l2 or both, each of 0.01, but for the one that is there; PyTorch has l2 only.

When it is wrong:
    The new penalty can be weaker than the old one.

References:
    RCW of DeepCrime (Humbatova, Jahangirova and Tonella, ISSTA 2021).
"""

from __future__ import annotations

from collections.abc import Iterator

from netmend.mutation.operators._base import MutationOperator, NotApplicable, Opportunity, Reason
from netmend.mutation.operators._elements import at_elements
from netmend.mutation.operators._examples import keras, torch
from netmend.mutation.operators.add_weights_regularisation import PENALTIES
from netmend.program.source import Program


def _find(program: Program) -> Iterator[Opportunity | NotApplicable]:
    return at_elements(
        program,
        "regulariser",
        values=lambda element: PENALTIES[element.framework],
        where=lambda element: element.value != "none",
        missing="no layer has a regulariser",
    )


def _hidden(penalty: str) -> str:
    return f'layers.Dense(16, activation="relu", kernel_regularizer=keras.regularizers.{penalty})'


operator = MutationOperator(
    acronym="RCW",
    find=_find,
    examples=(
        (keras(hidden=_hidden("l2(0.0001)")), "l1(0.01)", keras(hidden=_hidden("l1(0.01)"))),
        (
            torch(optimizer="Adam(model.parameters(), weight_decay=1e-5)"),
            "l2(0.01)",
            torch(optimizer="Adam(model.parameters(), weight_decay=0.01)"),
        ),
    ),
    silent_on=((keras(), Reason.NOTHING_TO_CHANGE),),
)

"""Add a strong penalty on the weights where there is none.

What it changes:
    In Keras the regulariser of one layer; in PyTorch, whose penalties belong to the optimiser, its weight decay.

Parameters:
    The layer, and l1, l2 or both, each of 0.01, which is Keras's default factor; PyTorch has l2 only.

When it is wrong:
    A penalty can make a program better that overfits.

References:
    RAW of DeepCrime (Humbatova, Jahangirova and Tonella, ISSTA 2021); factor: Keras reference, regularizers,
    as in the faults R1 and U2 of Kim et al., ICST 2023.
"""

from __future__ import annotations

from collections.abc import Iterator

from netmend.mutation.operators._base import MutationOperator, NotApplicable, Opportunity, Reason
from netmend.mutation.operators._elements import at_elements
from netmend.mutation.operators._examples import keras, torch
from netmend.program.elements._base import Element
from netmend.program.source import Program

PENALTIES = {"keras": ("l1(0.01)", "l2(0.01)", "l1_l2(0.01, 0.01)"), "torch": ("l2(0.01)",)}
"""By framework; the optimisers of PyTorch know an L2 penalty only."""


def _penalties(element: Element) -> tuple[str, ...]:
    return PENALTIES[element.framework]


def _find(program: Program) -> Iterator[Opportunity | NotApplicable]:
    return at_elements(
        program,
        "regulariser",
        values=_penalties,
        where=lambda element: element.value == "none",
        missing="every layer has a regulariser",
    )


_DECAYED = "Adam(model.parameters(), lr=0.01, weight_decay=0.01)"

operator = MutationOperator(
    acronym="RAW",
    find=_find,
    examples=(
        (
            keras(),
            "l1(0.01)",
            keras(hidden='layers.Dense(16, activation="relu", kernel_regularizer=keras.regularizers.l1(0.01))'),
        ),
        (torch(), "l2(0.01)", torch(optimizer=_DECAYED)),
    ),
    silent_on=((torch(optimizer=_DECAYED), Reason.NOTHING_TO_CHANGE),),
)

"""Take the activation of a layer away, so that the layer is linear.

What it changes:
    The activation of one layer that has one: it becomes linear, or is left out where it is a layer of its own.

Parameters:
    The layer.

When it is wrong:
    A softmax before a loss that needs none may be no loss at all.

References:
    ARM of DeepCrime (Humbatova, Jahangirova and Tonella, ISSTA 2021).
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
        "activation",
        values=lambda element: ("linear",),
        where=lambda element: element.value != "linear",
        missing="no layer has an activation",
    )


operator = MutationOperator(
    acronym="ARM",
    find=_find,
    examples=(
        (keras(), "linear", keras(output='layers.Dense(3, activation="linear")')),
        (torch(), "linear", torch(activation="")),
    ),
    silent_on=((torch(activation=""), Reason.NOTHING_TO_CHANGE),),
)

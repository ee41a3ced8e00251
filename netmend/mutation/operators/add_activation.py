"""Apply an activation to the output of a layer that has none.

What it changes:
    A layer that is linear, written or by default.

Parameters:
    The layer, and one of the ten activations of `change-activation`.

When it is wrong:
    Linear hidden layers are rare in correct programs; an activation there may well help.

References:
    AAL of DeepCrime (Humbatova, Jahangirova and Tonella, ISSTA 2021).
"""

from __future__ import annotations

from collections.abc import Iterator

from netmend.mutation.operators._base import MutationOperator, NotApplicable, Opportunity, Reason
from netmend.mutation.operators._elements import at_elements
from netmend.mutation.operators._examples import keras, torch
from netmend.mutation.operators.change_activation import ACTIVATIONS
from netmend.program.source import Program


def _find(program: Program) -> Iterator[Opportunity | NotApplicable]:
    return at_elements(
        program,
        "activation",
        values=lambda element: ACTIVATIONS,
        where=lambda element: element.value == "linear",
        missing="every layer has an activation",
    )


_LINEAR = "layers.Dense(3)"

operator = MutationOperator(
    acronym="AAL",
    find=_find,
    examples=(
        (keras(output=_LINEAR), "softplus", keras(output='layers.Dense(3, activation="softplus")')),
        (torch(), "tanh", torch().replace("nn.Linear(16, 3)", "nn.Linear(16, 3), nn.Tanh()")),
    ),
    silent_on=((keras(), Reason.NOTHING_TO_CHANGE),),
)

"""Put another activation in place of one that stands there.

What it changes:
    The activation of one layer that has one.

Parameters:
    The layer, and one of ten activations: elu, softmax, selu, softplus, softsign, relu, tanh, sigmoid, hard_sigmoid,
    exponential. To linear it is another operator's: `remove-activation`.

When it is wrong:
    Many pairs train equally well, so that most mutants of hidden layers survive.

References:
    ACH of DeepCrime (Humbatova, Jahangirova and Tonella, ISSTA 2021).
"""

from __future__ import annotations

from collections.abc import Iterator

from netmend.mutation.operators._base import MutationOperator, NotApplicable, Opportunity, Reason
from netmend.mutation.operators._elements import at_elements
from netmend.mutation.operators._examples import keras, torch
from netmend.program.source import Program

ACTIVATIONS = (
    "elu",
    "softmax",
    "selu",
    "softplus",
    "softsign",
    "relu",
    "tanh",
    "sigmoid",
    "hard_sigmoid",
    "exponential",
)
"""Those of DeepCrime without linear, which is what `remove-activation` puts."""


def _find(program: Program) -> Iterator[Opportunity | NotApplicable]:
    return at_elements(
        program,
        "activation",
        values=lambda element: ACTIVATIONS,
        where=lambda element: element.value != "linear",
        missing="no layer has an activation",
    )


operator = MutationOperator(
    acronym="ACH",
    find=_find,
    examples=(
        (keras(), "sigmoid", keras(hidden='layers.Dense(16, activation="sigmoid")')),
        (torch(), "tanh", torch(activation="nn.Tanh(), ")),
    ),
    silent_on=((torch(activation=""), Reason.NOTHING_TO_CHANGE),),
)

"""Draw the first weights of a layer from another distribution, or make them all alike.

What it changes:
    The initialiser of one layer's main weights; biases stay.

Parameters:
    The layer, and one of 13 initialisers; PyTorch has no LeCun initialisers. The constant is 0.1, an own choice:
    Keras's default of 0 would be `zeros` again.

When it is wrong:
    Most initialisers that are no constant train equally well.

References:
    WCI of DeepCrime (Humbatova, Jahangirova and Tonella, ISSTA 2021).
"""

from __future__ import annotations

from collections.abc import Iterator

from netmend.mutation.operators._base import MutationOperator, NotApplicable, Opportunity, Reason
from netmend.mutation.operators._elements import at_elements
from netmend.mutation.operators._examples import keras, torch
from netmend.program.elements._base import Element
from netmend.program.source import Program

INITIALISERS = (
    "zeros",
    "ones",
    "constant(0.1)",
    "random_normal",
    "random_uniform",
    "truncated_normal",
    "orthogonal",
    "glorot_normal",
    "glorot_uniform",
    "he_normal",
    "he_uniform",
)
LECUN = ("lecun_normal", "lecun_uniform")


def _initialisers(element: Element) -> tuple[str, ...]:
    return (*INITIALISERS, *LECUN) if element.framework == "keras" else INITIALISERS


def _find(program: Program) -> Iterator[Opportunity | NotApplicable]:
    return at_elements(
        program, "initialiser", values=_initialisers, missing="no layer has weights whose initialiser could be changed"
    )


operator = MutationOperator(
    acronym="WCI",
    find=_find,
    examples=(
        (keras(), "zeros", keras(hidden='layers.Dense(16, activation="relu", kernel_initializer="zeros")')),
        (torch(), "ones", torch(after_model="nn.init.ones_(model[0].weight)\n")),
    ),
    silent_on=(("import keras\nmodel = keras.Sequential([])\n", Reason.NOTHING_TO_CHANGE),),
)

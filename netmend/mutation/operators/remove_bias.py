"""Take the bias of a layer away.

What it changes:
    `use_bias=False` is added in Keras, `bias=False` in PyTorch.

Parameters:
    The layer.

When it is wrong:
    On standardised data a network does without most of its biases.

References:
    WRB of DeepCrime (Humbatova, Jahangirova and Tonella, ISSTA 2021).
"""

from __future__ import annotations

from collections.abc import Iterator

from netmend.mutation.operators._base import MutationOperator, NotApplicable, Opportunity, Reason
from netmend.mutation.operators._bias import biases
from netmend.mutation.operators._examples import keras, torch
from netmend.program.source import Program


def _find(program: Program) -> Iterator[Opportunity | NotApplicable]:
    return biases(program, present=True)


operator = MutationOperator(
    acronym="WRB",
    find=_find,
    examples=(
        (keras(), "no", keras(hidden='layers.Dense(16, activation="relu", use_bias=False)')),
        (torch(), "no", torch(hidden="nn.Linear(4, 16, bias=False)")),
    ),
    silent_on=(("import keras\nmodel = keras.Sequential([])\n", Reason.NOTHING_TO_CHANGE),),
)

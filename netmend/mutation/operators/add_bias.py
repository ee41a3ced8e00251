"""Give a bias to a layer that was made without one.

What it changes:
    `use_bias=False` of Keras, `bias=False` of PyTorch: it becomes True.

Parameters:
    The layer.

When it is wrong:
    A bias seldom does harm; before a normalisation it does nothing at all.

References:
    WAB of DeepCrime (Humbatova, Jahangirova and Tonella, ISSTA 2021).
"""

from __future__ import annotations

from collections.abc import Iterator

from netmend.mutation.operators._base import MutationOperator, NotApplicable, Opportunity, Reason
from netmend.mutation.operators._bias import biases
from netmend.mutation.operators._examples import keras, torch
from netmend.program.source import Program


def _find(program: Program) -> Iterator[Opportunity | NotApplicable]:
    return biases(program, present=False)


operator = MutationOperator(
    acronym="WAB",
    find=_find,
    examples=(
        (
            keras(hidden='layers.Dense(16, use_bias=False, activation="relu")'),
            "yes",
            keras(hidden='layers.Dense(16, use_bias=True, activation="relu")'),
        ),
        (torch(hidden="nn.Linear(4, 16, False)"), "yes", torch(hidden="nn.Linear(4, 16, True)")),
    ),
    silent_on=((keras(), Reason.NOTHING_TO_CHANGE), (torch(), Reason.NOTHING_TO_CHANGE)),
)

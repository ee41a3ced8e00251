"""Add noise to the inputs of training rows, as wide as the row's own values spread.

What it changes:
    The inputs of the training data, in lines put before the training.

Parameters:
    The percentage of rows, searched between 0 and 100 to a precision of 5. The noise is normal, with the standard
    deviation of the row's values.

When it is wrong:
    A row of a single value has no deviation, and stays as it is. Numbers of words cannot take noise.

References:
    TAN of DeepCrime (Humbatova, Jahangirova and Tonella, ISSTA 2021).
"""

from __future__ import annotations

from collections.abc import Iterator

from netmend.mutation.operators._base import MutationOperator, NotApplicable, Opportunity, Reason
from netmend.mutation.operators._data import on_data
from netmend.mutation.operators._examples import keras, torch
from netmend.mutation.training_data import TrainingData, training_data
from netmend.program.source import Program


def _lines(data: TrainingData) -> tuple[str, ...]:
    return (
        "$percent % of the training rows get noise as wide as their own values spread.",
        "$chance = $np.random.default_rng(0)",
        '$inputs = $np.asarray($x).astype("float32")',
        "for $rows in $chance.permutation(len($inputs))[: round(len($inputs) * $share)]:",
        "    $inputs[$rows] += $chance.normal(0, $inputs[$rows].std(), $inputs[$rows].shape)",
        "$x = <x $inputs>",
    )


def _find(program: Program) -> Iterator[Opportunity | NotApplicable]:
    data = training_data(program)
    if isinstance(data, TrainingData) and data.tokens:
        yield NotApplicable(Reason.WRONG_TASK, "the inputs are numbers of words", data.place)
    else:
        yield from on_data(program, "TAN", _lines)


_CORRECT = torch(imports="import numpy as np\n")

operator = MutationOperator(
    acronym="TAN",
    find=_find,
    examples=(
        (
            _CORRECT,
            50,
            _CORRECT.replace(
                "for epoch",
                "# TAN: 50 % of the training rows get noise as wide as their own values spread.\n"
                "chance = np.random.default_rng(0)\n"
                'inputs = np.asarray(x_train).astype("float32")\n'
                "for rows in chance.permutation(len(inputs))[: round(len(inputs) * 0.5)]:\n"
                "    inputs[rows] += chance.normal(0, inputs[rows].std(), inputs[rows].shape)\n"
                "x_train = x_train.new_tensor(inputs)\n"
                "for epoch",
            ),
        ),
    ),
    silent_on=((keras(hidden="layers.Embedding(100, 8)"), Reason.WRONG_TASK),),
)

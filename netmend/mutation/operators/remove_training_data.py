"""Leave out training rows, the same share of each class.

What it changes:
    The rows of the training data, in lines put before the training.

Parameters:
    The percentage, searched between 0 and 99 to a precision of 5. Where labels are numbers, rows are drawn from all.

When it is wrong:
    Data that are not two variables cannot be changed so; a loop that counts rows before the lines runs out of them.

References:
    TRD of DeepCrime (Humbatova, Jahangirova and Tonella, ISSTA 2021).
"""

from __future__ import annotations

from collections.abc import Iterator

from netmend.mutation.operators._base import MutationOperator, NotApplicable, Opportunity, Reason
from netmend.mutation.operators._data import CLASSES, on_data
from netmend.mutation.operators._examples import keras, torch
from netmend.mutation.training_data import TrainingData
from netmend.program.source import Program


def _lines(data: TrainingData) -> tuple[str, ...]:
    if not data.classes:
        return (
            "$percent % of the training rows are left out.",
            "$chance = $np.random.default_rng(0)",
            "$kept = $np.sort($chance.permutation(len($y))[int(len($y) * $share) :])",
            "$x, $y = <x $np.asarray($x)[$kept]>, <y $np.asarray($y)[$kept]>",
        )
    return (
        "$percent % of the training rows of each class are left out.",
        "$chance = $np.random.default_rng(0)",
        *CLASSES,
        "$kept = []",
        "for $values in $np.unique($classes):",
        "    $rows = $chance.permutation($np.flatnonzero($classes == $values))",
        "    $kept.extend($rows[int(len($rows) * $share) :])",
        "$kept = $np.sort($kept)",
        "$x, $y = <x $np.asarray($x)[$kept]>, <y $np.asarray($y)[$kept]>",
    )


def _find(program: Program) -> Iterator[Opportunity | NotApplicable]:
    return on_data(program, "TRD", _lines, extreme=99)


_REGRESSION = keras(loss="mean_squared_error", output="layers.Dense(1)", imports="import numpy as np\n")

operator = MutationOperator(
    acronym="TRD",
    find=_find,
    examples=(
        (
            _REGRESSION,
            75,
            _REGRESSION.replace(
                "model.fit(",
                "# TRD: 75 % of the training rows are left out.\n"
                "chance = np.random.default_rng(0)\n"
                "kept = np.sort(chance.permutation(len(y_train))[int(len(y_train) * 0.75) :])\n"
                "x_train, y_train = np.asarray(x_train)[kept], np.asarray(y_train)[kept]\n"
                "model.fit(",
            ),
        ),
    ),
    silent_on=(
        (keras(fit="training_set, epochs=5"), Reason.DATA_NOT_NAMED),
        (torch().replace("model(x_train), y_train", "model(batch()), batch()"), Reason.DATA_NOT_NAMED),
    ),
)

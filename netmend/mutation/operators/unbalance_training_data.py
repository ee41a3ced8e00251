"""Leave out training rows of the classes that have fewer rows than average.

What it changes:
    The rows of the training data, in lines put before the training.

Parameters:
    The percentage of the rows of these classes, searched between 0 and 100 to a precision of 5.

When it is wrong:
    Where all classes have the same number of rows nothing is left out, and the mutant is as good as the original.

References:
    TUD of DeepCrime (Humbatova, Jahangirova and Tonella, ISSTA 2021).
"""

from __future__ import annotations

from collections.abc import Iterator

from netmend.mutation.operators._base import MutationOperator, NotApplicable, Opportunity, Reason
from netmend.mutation.operators._data import CLASSES, on_data
from netmend.mutation.operators._examples import keras
from netmend.mutation.training_data import TrainingData
from netmend.program.source import Program


def _lines(data: TrainingData) -> tuple[str, ...]:
    return (
        "$percent % of the training rows of the rarer classes are left out.",
        "$chance = $np.random.default_rng(0)",
        *CLASSES,
        "$values, $counts = $np.unique($classes, return_counts=True)",
        "$rows = $np.flatnonzero($np.isin($classes, $values[$counts < $counts.mean()]))",
        "$rows = $chance.permutation($rows)[: round(len($rows) * $share)]",
        "$kept = $np.setdiff1d($np.arange(len($y)), $rows)",
        "$x, $y = <x $np.asarray($x)[$kept]>, <y $np.asarray($y)[$kept]>",
    )


def _find(program: Program) -> Iterator[Opportunity | NotApplicable]:
    return on_data(program, "TUD", _lines, classes=True)


_CORRECT = keras(imports="import numpy as np\n")

operator = MutationOperator(
    acronym="TUD",
    find=_find,
    examples=(
        (
            _CORRECT,
            100,
            _CORRECT.replace(
                "model.fit(",
                "# TUD: 100 % of the training rows of the rarer classes are left out.\n"
                "chance = np.random.default_rng(0)\n"
                "classes = np.asarray(y_train).reshape(len(y_train), -1)\n"
                "classes = classes.argmax(1) if classes.shape[1] > 1 else classes[:, 0]\n"
                "values, counts = np.unique(classes, return_counts=True)\n"
                "rows = np.flatnonzero(np.isin(classes, values[counts < counts.mean()]))\n"
                "rows = chance.permutation(rows)[: round(len(rows) * 1)]\n"
                "kept = np.setdiff1d(np.arange(len(y_train)), rows)\n"
                "x_train, y_train = np.asarray(x_train)[kept], np.asarray(y_train)[kept]\n"
                "model.fit(",
            ),
        ),
    ),
    silent_on=((keras(loss="mean_squared_error", output="layers.Dense(1)"), Reason.WRONG_TASK),),
)

"""Repeat rows of the commonest class under the label of the second commonest.

What it changes:
    The training data, in lines put before the training: rows are added at their end.

Parameters:
    The percentage of the rows of the commonest class, searched between 0 and 100 to a precision of 5.

When it is wrong:
    Data that are not two variables cannot be changed so.

References:
    TCO of DeepCrime (Humbatova, Jahangirova and Tonella, ISSTA 2021). Which two classes is an own choice.
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
        "$percent % of the rows of the commonest class are repeated as rows of the second commonest.",
        "$chance = $np.random.default_rng(0)",
        *CLASSES,
        "$values, $counts = $np.unique($classes, return_counts=True)",
        "$first, $second = $values[$counts.argsort()[::-1][:2]]",
        "$rows = $np.flatnonzero($classes == $first)",
        "$rows = $chance.permutation($rows)[: round(len($rows) * $share)]",
        "$others = $np.repeat($np.flatnonzero($classes == $second)[:1], len($rows))",
        "$x = <x $np.concatenate([$x, $np.asarray($x)[$rows]])>",
        "$y = <y $np.concatenate([$y, $np.asarray($y)[$others]])>",
    )


def _find(program: Program) -> Iterator[Opportunity | NotApplicable]:
    return on_data(program, "TCO", _lines, classes=True)


_CORRECT = keras(imports="import numpy as np\n")

operator = MutationOperator(
    acronym="TCO",
    find=_find,
    examples=(
        (
            _CORRECT,
            50,
            _CORRECT.replace(
                "model.fit(",
                "# TCO: 50 % of the rows of the commonest class are repeated as rows of the second commonest.\n"
                "chance = np.random.default_rng(0)\n"
                "classes = np.asarray(y_train).reshape(len(y_train), -1)\n"
                "classes = classes.argmax(1) if classes.shape[1] > 1 else classes[:, 0]\n"
                "values, counts = np.unique(classes, return_counts=True)\n"
                "first, second = values[counts.argsort()[::-1][:2]]\n"
                "rows = np.flatnonzero(classes == first)\n"
                "rows = chance.permutation(rows)[: round(len(rows) * 0.5)]\n"
                "others = np.repeat(np.flatnonzero(classes == second)[:1], len(rows))\n"
                "x_train = np.concatenate([x_train, np.asarray(x_train)[rows]])\n"
                "y_train = np.concatenate([y_train, np.asarray(y_train)[others]])\n"
                "model.fit(",
            ),
        ),
    ),
    silent_on=((keras(loss="mean_squared_error", output="layers.Dense(1)"), Reason.WRONG_TASK),),
)

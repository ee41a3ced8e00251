"""Give rows of the commonest class the labels of other rows; where labels are numbers, add noise to them.

What it changes:
    The labels of the training data, in lines put before the training.

Parameters:
    The percentage of the rows of the commonest class (of all rows where labels are numbers), searched between 0 and 100
    to a precision of 5. The noise is normal, with the standard deviation of the labels (own choice).

When it is wrong:
    Data that are not two variables cannot be changed so.

References:
    TCL of DeepCrime (Humbatova, Jahangirova and Tonella, ISSTA 2021).
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
            "$percent % of the labels get noise as wide as they spread.",
            "$chance = $np.random.default_rng(0)",
            '$labels = $np.asarray($y).astype("float32")',
            "$rows = $chance.permutation(len($labels))[: round(len($labels) * $share)]",
            "$labels[$rows] += $chance.normal(0, $labels.std(), $labels[$rows].shape)",
            "$y = <y $labels>",
        )
    return (
        "$percent % of the rows of the commonest class get labels of other rows.",
        "$chance = $np.random.default_rng(0)",
        *CLASSES,
        "$values, $counts = $np.unique($classes, return_counts=True)",
        "$rows = $np.flatnonzero($classes == $values[$counts.argmax()])",
        "$others = $np.flatnonzero($classes != $values[$counts.argmax()])",
        "$rows = $chance.permutation($rows)[: round(len($rows) * $share)]",
        "$labels = $np.asarray($y).copy()",
        "$labels[$rows] = $labels[$chance.choice($others, len($rows))]",
        "$y = <y $labels>",
    )


def _find(program: Program) -> Iterator[Opportunity | NotApplicable]:
    return on_data(program, "TCL", _lines)


_MUTATION = """# TCL: 25 % of the rows of the commonest class get labels of other rows.
chance = numpy.random.default_rng(0)
classes = numpy.asarray(y_train).reshape(len(y_train), -1)
classes = classes.argmax(1) if classes.shape[1] > 1 else classes[:, 0]
values, counts = numpy.unique(classes, return_counts=True)
rows = numpy.flatnonzero(classes == values[counts.argmax()])
others = numpy.flatnonzero(classes != values[counts.argmax()])
rows = chance.permutation(rows)[: round(len(rows) * 0.25)]
labels = numpy.asarray(y_train).copy()
labels[rows] = labels[chance.choice(others, len(rows))]
"""
_IMPORT = "from data import x_train, y_train\n"

operator = MutationOperator(
    acronym="TCL",
    find=_find,
    examples=(
        (
            keras(),
            25,
            keras(before_fit=f"{_MUTATION}y_train = labels\n").replace(_IMPORT, f"{_IMPORT}import numpy\n"),
        ),
        (
            torch(imports="import numpy\n"),
            25,
            torch(imports="import numpy\n", before_loop=f"{_MUTATION}y_train = y_train.new_tensor(labels)\n"),
        ),
    ),
    silent_on=((keras(fit="training_set, epochs=5"), Reason.DATA_NOT_NAMED),),
)

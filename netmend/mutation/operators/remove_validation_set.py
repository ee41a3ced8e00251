"""Train without the validation set.

What it changes:
    `validation_data` and `validation_split` of Keras's `fit` are left out. PyTorch validates in code of the user's own,
    so that there is nothing to change.

Parameters:
    None.

When it is wrong:
    The validation set has an influence on training only through callbacks. A program that shows no other rows to be
    measured by can be compared with nothing then, and its mutant is reported as not comparable.

References:
    VRM of DeepCrime (Humbatova, Jahangirova and Tonella, ISSTA 2021).
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from netmend.mutation.operators._base import MutationOperator, NotApplicable, Opportunity, Reason
from netmend.mutation.operators._calls import fits
from netmend.mutation.operators._examples import keras, torch
from netmend.program.blame import Value
from netmend.program.places import Edit
from netmend.program.reading import spans
from netmend.program.reading.bindings import Call
from netmend.program.source import Program

ARGUMENTS = ("validation_data", "validation_split")


def _find(program: Program) -> Iterator[Opportunity | NotApplicable]:
    found = False
    for call in fits(program):
        given = [keyword for keyword in call.node.keywords if keyword.arg in ARGUMENTS]
        if given:
            found = True
            place = call.file.place(call.file.span(given[0])[0])
            before = " and ".join(str(keyword.arg) for keyword in given)
            yield Opportunity("validation-data", place, "fit", before, partial(_write, call), ("none",))
    if not found:
        yield NotApplicable(Reason.NOTHING_TO_CHANGE, "no fit is given a validation set by keyword")


def _write(call: Call, value: Value) -> tuple[Edit, ...]:
    return spans.remove_arguments(call, [keyword for keyword in call.node.keywords if keyword.arg in ARGUMENTS])


operator = MutationOperator(
    acronym="VRM",
    find=_find,
    examples=(
        (
            keras(fit="x_train, y_train, validation_split=0.2, epochs=5"),
            "none",
            keras(fit="x_train, y_train, epochs=5"),
        ),
    ),
    silent_on=((keras(), Reason.NOTHING_TO_CHANGE), (torch(), Reason.NOTHING_TO_CHANGE)),
)

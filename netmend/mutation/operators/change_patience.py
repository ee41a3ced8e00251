"""Let early stopping give up sooner.

What it changes:
    The patience of Keras's `EarlyStopping`: the epochs without improvement that it waits for.

Parameters:
    Searched by bisection between the patience that stands there and one, to a precision of one. PyTorch has no early
    stopping of its own, so that there is nothing to change.

When it is wrong:
    Where training is no longer than the patience.

References:
    RCP of DeepCrime (Humbatova, Jahangirova and Tonella, ISSTA 2021).
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from netmend.mutation.operators._base import MutationOperator, NotApplicable, Opportunity, Reason
from netmend.mutation.operators._calls import keras_calls, set_argument
from netmend.mutation.operators._examples import keras, torch
from netmend.mutation.scale import Scale
from netmend.program.blame import Value
from netmend.program.places import Edit
from netmend.program.reading.bindings import Bindings, Call, bindings_of
from netmend.program.source import Program

POSITION = 2
"""Of `patience` among the positional arguments (Keras reference, EarlyStopping)."""


def _find(program: Program) -> Iterator[Opportunity | NotApplicable]:
    bindings = bindings_of(program)
    found = False
    for call, name in keras_calls(program, "callbacks"):
        given = bindings.argument(call, "patience", POSITION) if name == "EarlyStopping" else None
        resolved = None if given is None else bindings.resolve(given)
        if resolved is not None and isinstance(resolved.value, int) and resolved.value > 1:
            found = True
            scale = Scale(resolved.value, 1, precision=1, whole=True)
            write = partial(_write, bindings, call)
            yield Opportunity("patience", resolved.site.place, name, str(resolved.value), write, scale=scale)
    if not found:
        yield NotApplicable(Reason.NOTHING_TO_CHANGE, "no early stopping with a patience above 1")


def _write(bindings: Bindings, call: Call, value: Value) -> tuple[Edit, ...]:
    return set_argument(bindings, call, "patience", POSITION, str(value))


def _stopped(patience: int) -> str:
    return keras(fit=f"x_train, y_train, callbacks=[keras.callbacks.EarlyStopping(patience={patience})]")


operator = MutationOperator(
    acronym="RCP",
    find=_find,
    examples=((_stopped(10), 1, _stopped(1)),),
    silent_on=((_stopped(1), Reason.NOTHING_TO_CHANGE), (torch(), Reason.NOTHING_TO_CHANGE)),
)

"""Clip gradients, or clip them tighter, by norm or by value.

What it changes:
    The bound on the gradient of an optimiser, whether there is one or not.

Parameters:
    By norm or by value, each usual and tight: 1 and 0.5 as in the Keras reference, and a thousandth of that (own
    choice), as the usual bounds seldom do harm. In Keras the norm is that of each variable's gradient, in PyTorch that
    of all together.

When it is wrong:
    Adam and its relatives hardly notice how long the gradient is.

References:
    OCG of DeepCrime (Humbatova, Jahangirova and Tonella, ISSTA 2021). Bounds: Keras reference, optimizers.
"""

from __future__ import annotations

from collections.abc import Iterator

from netmend.mutation.operators._base import MutationOperator, NotApplicable, Opportunity, Reason
from netmend.mutation.operators._elements import at_elements
from netmend.mutation.operators._examples import keras, torch
from netmend.program.source import Program

BOUNDS = {
    "keras": ("norm(1)", "norm(0.001)", "value(0.5)", "value(0.0005)"),
    "torch": ("global_norm(1)", "global_norm(0.001)", "value(0.5)", "value(0.0005)"),
}


def _find(program: Program) -> Iterator[Opportunity | NotApplicable]:
    return at_elements(
        program,
        "gradient-clipping",
        values=lambda element: BOUNDS[element.framework],
        missing="no optimiser can be seen in the text",
    )


operator = MutationOperator(
    acronym="OCG",
    find=_find,
    examples=(
        (keras(), "norm(1)", keras(optimizer="keras.optimizers.Adam(learning_rate=0.01, clipnorm=1.0)")),
        (keras(optimizer='"sgd"'), "value(0.5)", keras(optimizer="keras.optimizers.SGD(clipvalue=0.5)")),
        (
            torch(),
            "global_norm(0.001)",
            torch(before_step="    nn.utils.clip_grad_norm_(model.parameters(), 0.001)\n"),
        ),
    ),
    silent_on=(("import keras\nmodel = keras.Sequential([])\n", Reason.NOTHING_TO_CHANGE),),
)

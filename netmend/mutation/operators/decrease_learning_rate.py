"""Train with a smaller learning rate.

What it changes:
    The learning rate of an optimiser.

Parameters:
    Searched by bisection between the rate that stands there and a thousandth of it, on a logarithmic scale, until the
    two ends differ by less than a factor of two (own choice; DeepCrime bisects between bounds set by hand).

When it is wrong:
    Where training goes on long after it has learned what it can.

References:
    HLR of DeepCrime (Humbatova, Jahangirova and Tonella, ISSTA 2021), which goes down to a thousandth for
    MNIST (1 to 0.001).
"""

from __future__ import annotations

from collections.abc import Iterator

from netmend.mutation.operators._base import MutationOperator, NotApplicable, Opportunity, Reason
from netmend.mutation.operators._elements import at_elements, number
from netmend.mutation.operators._examples import keras, torch
from netmend.mutation.scale import Scale
from netmend.program.elements._base import Element
from netmend.program.source import Program

LOWEST, PRECISION = 1e-3, 2.0
"""Share of the original rate, and factor between the ends at which the search stops."""


def _scale(element: Element) -> Scale | None:
    rate = number(element)
    return Scale(rate, float(f"{rate * LOWEST:.3g}"), PRECISION, log=True) if rate else None


def _find(program: Program) -> Iterator[Opportunity | NotApplicable]:
    return at_elements(program, "learning-rate", scale=_scale, missing="no learning rate can be seen in the text")


operator = MutationOperator(
    acronym="HLR",
    find=_find,
    examples=(
        (keras(), 1e-5, keras(optimizer="keras.optimizers.Adam(learning_rate=1e-5)")),
        (torch(), 1e-5, torch(optimizer="Adam(model.parameters(), lr=1e-5)")),
    ),
    silent_on=(("import keras\nmodel = keras.Sequential([])\n", Reason.NOTHING_TO_CHANGE),),
)

"""Train with another optimiser, at its default learning rate.

What it changes:
    The optimiser; with it a learning rate that is written becomes the new optimiser's default, as in DeepCrime.

Parameters:
    One of SGD, RMSprop, Adagrad, Adam, Adamax and Nadam.

When it is wrong:
    Adaptive optimisers often do as well as one another. Where PyTorch is used, defaults are PyTorch's.

References:
    OCH of DeepCrime (Humbatova, Jahangirova and Tonella, ISSTA 2021); its mutants R5 (SGD at 0.01) and U7
    (Adadelta at 0.001) in Kim et al., ICST 2023, have the default rate. Defaults: references of Keras and PyTorch.
"""

from __future__ import annotations

from collections.abc import Iterator

from netmend.mutation.operators._base import MutationOperator, NotApplicable, Opportunity, Reason
from netmend.mutation.operators._elements import at_elements
from netmend.mutation.operators._examples import keras, torch
from netmend.program.elements._base import Element
from netmend.program.elements._find import find_all
from netmend.program.reading import keras_names, torch_names
from netmend.program.source import Program

OPTIMISERS = ("sgd", "rmsprop", "adagrad", "adam", "adamax", "nadam")


def _find(program: Program) -> Iterator[Opportunity | NotApplicable]:
    rates = [element for element in find_all(program) if element.kind == "learning-rate" and not element.absent]

    def values(element: Element) -> tuple[str, ...]:
        known = keras_names.OPTIMISERS if element.framework == "keras" else torch_names.OPTIMISERS
        others = [name for name in OPTIMISERS if name != element.value]
        if not any(rate.owner.lower() == element.value for rate in rates):
            return tuple(others)
        return tuple(f"{name}({known[name].learning_rate!r})" for name in others)

    return at_elements(program, "optimiser", values=values, missing="the optimiser cannot be seen in the text")


operator = MutationOperator(
    acronym="OCH",
    find=_find,
    examples=(
        (keras(optimizer='"adam"'), "sgd", keras(optimizer='"sgd"')),
        (keras(), "sgd(0.01)", keras(optimizer="keras.optimizers.SGD(learning_rate=0.01)")),
        (torch(), "sgd(0.001)", torch(optimizer="SGD(model.parameters(), lr=0.001)")),
    ),
    silent_on=(("import keras\nmodel = keras.Sequential([])\n", Reason.NOTHING_TO_CHANGE),),
)

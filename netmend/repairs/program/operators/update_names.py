"""Write names of earlier versions as versions of today know them.

What it changes:
    Every name of an argument, module, method, key or type that Keras, PyTorch, NumPy or scikit-learn have renamed.

When it helps:
    The program was written for earlier versions, or follows an earlier tutorial, and crashes.

When it is wrong:
    The names mean the same, but what else has changed between the versions, such as defaults, stays as it is today.
    `Convolution2D(32, 3, 3)` is read as Keras 1 did: a kernel of 3 by 3, not a stride of 3.

References:
    Release notes, see the element `outdated-names`. The prior is our own: nothing else mends such a crash.
"""

from __future__ import annotations

from collections.abc import Iterable

from netmend.program.elements._base import Element
from netmend.program.elements._find import values_of
from netmend.program.lint._examples import keras_program
from netmend.repairs.program.operators._base import Operator, Suggestion
from netmend.training.trace import Trace

PRIOR = 0.97  # own convention, see References; before what other operators read in an error of the same words


def _suggest(element: Element, elements: tuple[Element, ...], trace: Trace) -> Iterable[Suggestion]:
    if trace.crash is not None:
        for value in values_of(element):
            yield Suggestion(value, PRIOR, "the names of the versions installed")


operator = Operator(
    kind="outdated-names",
    suggest=_suggest,
    examples=(
        (
            keras_program(optimizer="keras.optimizers.Adam(lr=0.001)"),
            "outdated-names of lr= (now learning_rate=): outdated",
            None,
        ),
    ),
)

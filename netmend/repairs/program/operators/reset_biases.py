"""Let the biases of a layer start at zero.

What it changes:
    The initialiser of one layer's biases.

When it helps:
    Biases were set to large constants, which saturates activations or shuts them off before training begins.

When it is wrong:
    Small positive constants before rectifiers, and the gates of recurrent layers, are there on purpose.

References:
    Goodfellow, Bengio and Courville, Deep Learning, 2016, section 8.4. The search space of Kim et al., ICST 2023, has
    initialisers for biases; none of the faults it was made for is one. The priors are our own and low for that reason.
"""

from __future__ import annotations

from collections.abc import Iterable

from netmend.program.elements._base import Element
from netmend.repairs.program.operators._base import Operator, Suggestion
from netmend.repairs.program.operators._examples import keras
from netmend.training.trace import Trace

ZEROS = "zeros"
PRIOR_WRITTEN, PRIOR_DEFAULT = 0.3, 0.05  # own convention, see References


def _suggest(element: Element, elements: tuple[Element, ...], trace: Trace) -> Iterable[Suggestion]:
    if element.value != ZEROS:
        yield Suggestion(ZEROS, PRIOR_DEFAULT if element.absent else PRIOR_WRITTEN, "biases start at zero")


operator = Operator(
    kind="bias-initialiser",
    suggest=_suggest,
    examples=(
        (
            keras('layers.Dense(64, activation="relu", bias_initializer="ones")', "layers.Dense(10)"),
            "bias-initialiser of Dense 1: ones",
            ZEROS,
        ),
        (keras(), "bias-initialiser of Dense 1: zeros (default)", None),
    ),
)

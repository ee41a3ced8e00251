"""Let weights be trained that the program keeps as they are.

What it changes:
    `requires_grad = False` or `trainable = False` becomes True.

When it helps:
    Nothing has trained these weights before, so that the frozen layers compute noise.

When it is wrong:
    Weights that were loaded and are to stay: then it costs time, and may overfit. Such are tried late.

References:
    Keras guide "Transfer learning & fine-tuning". The priors are our own.
"""

from __future__ import annotations

from collections.abc import Iterable

from netmend.program.elements._base import Element
from netmend.program.elements.frozen_weights import AS_LOADED, FROZEN, TRAINED
from netmend.program.lint._examples import keras_program
from netmend.repairs.program.operators._base import Operator, Suggestion
from netmend.training.trace import Trace

PRIORS = {FROZEN: 0.9, AS_LOADED: 0.2}  # own convention, see References


def _suggest(element: Element, elements: tuple[Element, ...], trace: Trace) -> Iterable[Suggestion]:
    prior = PRIORS.get(str(element.value))
    if prior is not None:
        yield Suggestion(TRAINED, prior, "weights that learn")


operator = Operator(
    kind="frozen-weights",
    suggest=_suggest,
    examples=(
        (
            keras_program('Dense(32, activation="relu", trainable=False)', 'Dense(10, activation="softmax")'),
            "frozen-weights of Dense: frozen",
            TRAINED,
        ),
    ),
)

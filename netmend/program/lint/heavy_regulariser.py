"""A regulariser is so strong that the penalty may count more than the data.

What it is:
    Training minimises the loss plus strength x penalty. A strong penalty pulls all weights towards zero, and the model
    answers much the same for every input.

How it is measured:
    The strength of an L2 or L1 penalty over its threshold. Severity 0.3 at the threshold and 0.3 more per factor of
    ten, at most 0.9. Decoupled weight decay (AdamW) is another quantity and left out.

When it is wrong:
    For small models with few rows a strong penalty may be right. `regulariser-dominates-loss` measures it in training.

References:
    Weight decay of well-known networks is 0.0001 to 0.0005: Krizhevsky, Sutskever, Hinton, NeurIPS 2012, section 5;
    Simonyan, Zisserman, ICLR 2015, section 3.1; He et al., CVPR 2016, section 3.4. The threshold for L2 is ten times
    the largest. L1 pulls a weight w by its strength, L2 by 2 w times its strength; at w = 0.05, the standard deviation
    of Keras' random initialisers, an L1 penalty is as strong as an L2 penalty of ten times its number (own derivation).
    The severities only order the cases: a convention.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

from netmend.program.blame import Blame
from netmend.program.elements._base import Element
from netmend.program.lint._base import Hit, LintRule
from netmend.program.lint._examples import HEALTHY, keras_program, torch_program
from netmend.program.lint._model import name, numbers, of_kind

HEAVY_L2 = 10 * 0.0005
"""Source above."""

HEAVY_L1 = HEAVY_L2 / 10
"""Derivation above."""

_THRESHOLDS = {"l1": (HEAVY_L1,), "l2": (HEAVY_L2,), "l1_l2": (HEAVY_L1, HEAVY_L2)}


def _check(elements: Sequence[Element]) -> Iterable[Hit]:
    for element in of_kind(elements, "regulariser"):
        if element.owner.startswith("AdamW"):
            continue
        pairs = zip(numbers(element), _THRESHOLDS.get(name(element), ()), strict=False)
        strength, threshold = max(pairs, key=lambda pair: pair[0] / pair[1], default=(0.0, 1.0))
        if strength <= threshold:
            continue
        yield Hit(
            element,
            f"The regulariser of {element.owner} is {element.value}; up to {threshold:g} is usual.",
            severity=min(0.9, 0.3 + 0.3 * math.log10(strength / threshold)),
            measured=strength,
            threshold=threshold,
            blames=(Blame("regulariser", 0.9, element.role or None, element.layer, ("none", "l2(0.0001)")),),
        )


_OUTPUT = 'Dense(10, activation="softmax")'

rule = LintRule(
    check=_check,
    fires_on=(
        keras_program('Dense(32, activation="relu", kernel_regularizer=keras.regularizers.L2(0.1))', _OUTPUT),
        keras_program('Dense(32, activation="relu", kernel_regularizer="l2")', _OUTPUT),
        keras_program('Dense(32, activation="relu", kernel_regularizer=keras.regularizers.l1(0.01))', _OUTPUT),
        torch_program(optimiser="Adam(model.parameters(), lr=0.001, weight_decay=0.5)"),
    ),
    silent_on=(
        *HEALTHY,
        keras_program('Dense(32, activation="relu", kernel_regularizer=keras.regularizers.l2(1e-4))', _OUTPUT),
        torch_program(optimiser="Adam(model.parameters(), lr=0.001, weight_decay=5e-4)"),
        torch_program(optimiser="AdamW(model.parameters(), lr=0.001, weight_decay=0.05)"),
    ),
)

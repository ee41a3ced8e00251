"""The initial weights of a layer spread so widely that its outputs start saturated or huge.

What it is:
    The variance of a layer's outputs is that of its weights times the number of inputs. Weights that spread much wider
    than 1 / sqrt(inputs) blow up activations and gradients from layer to layer, or saturate sigmoid and tanh.

How it is measured:
    The standard deviation of the kernel's initialiser, where it is written as a number; for a uniform initialiser its
    half-width divided by sqrt(3). Severity 0.4 at the threshold and 0.3 more per factor of ten, at most 0.9.

When it is wrong:
    In layers of very few inputs.

References:
    Threshold: He et al., ICCV 2015, equation 10, gives sqrt(2 / inputs), which is 0.5 for 8 inputs; layers of more
    inputs want less. The severities only order the cases: a convention.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

from netmend.program.blame import Blame
from netmend.program.elements._base import Element
from netmend.program.lint._base import Hit, LintRule
from netmend.program.lint._examples import HEALTHY, keras_program, torch_program
from netmend.program.lint._model import name, numbers, of_kind, usual_initialisers

THRESHOLD = 0.5
"""Source above."""


def _check(elements: Sequence[Element]) -> Iterable[Hit]:
    for element in of_kind(elements, "initialiser"):
        spread = _standard_deviation(element)
        if spread is None or spread <= THRESHOLD:
            continue
        yield Hit(
            element,
            f"The weights of {element.owner} start with a standard deviation of {spread:.3g}.",
            severity=min(0.9, 0.4 + 0.3 * math.log10(spread / THRESHOLD)),
            measured=spread,
            threshold=THRESHOLD,
            blames=(
                Blame("initialiser", 0.9, element.role or None, element.layer, usual_initialisers(element, elements)),
            ),
        )


def _standard_deviation(element: Element) -> float | None:
    written = numbers(element)
    if not written:
        return None
    if name(element) in ("random_normal", "truncated_normal"):
        return abs(written[-1])
    if name(element) == "random_uniform":
        return abs(written[-1] - written[0]) / math.sqrt(12) if len(written) > 1 else abs(written[0]) / math.sqrt(3)
    return None


_OUTPUT = 'Dense(10, activation="softmax")'
_RANDOM_NORMAL = "keras.initializers.RandomNormal"

rule = LintRule(
    check=_check,
    fires_on=(
        keras_program(f'Dense(32, activation="relu", kernel_initializer={_RANDOM_NORMAL}(stddev=2.0))', _OUTPUT),
        torch_program().replace("criterion", "nn.init.normal_(model[0].weight, std=1.0)\ncriterion", 1),
    ),
    silent_on=(
        *HEALTHY,
        keras_program(f'Dense(32, activation="relu", kernel_initializer={_RANDOM_NORMAL}(stddev=0.02))', _OUTPUT),
        keras_program('Dense(32, activation="relu", kernel_initializer="random_normal")', _OUTPUT),
        torch_program().replace("criterion", "nn.init.normal_(model[0].weight, std=0.02)\ncriterion", 1),
    ),
)

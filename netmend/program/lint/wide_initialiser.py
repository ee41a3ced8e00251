"""The initial weights of a layer spread so widely that its outputs start saturated or huge.

What it is:
    The variance of a layer's outputs is that of its weights times the number of inputs. Weights that spread much wider
    than 1 / sqrt(inputs) blow up activations and gradients from layer to layer, or saturate sigmoid and tanh.

How it is measured:
    The standard deviation of the kernel's initialiser, where it is written as a number; that of a uniform initialiser
    is its width over sqrt(12). Severity 0.4 at the threshold and 0.3 more per factor of ten, at most 0.9.

When it is wrong:
    In layers of very few inputs.

References:
    Threshold: He et al., ICCV 2015, equation 10, gives sqrt(2 / inputs), which is 0.5 for 8 inputs; layers of more
    inputs want less. The severities only order the cases: a convention.
"""

from __future__ import annotations

import ast
import math
from collections.abc import Iterable, Sequence

from netmend.program.blame import Blame
from netmend.program.elements._base import Element
from netmend.program.lint._base import Hit, LintRule
from netmend.program.lint._examples import HEALTHY, keras_program, torch_program
from netmend.program.lint._model import name, numbers, of_kind, usual_initialisers
from netmend.program.syntax import parse_expression

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
    written = numbers(element) or _keras_numbers(element)
    if len(written) != 2:
        return None
    if name(element) in ("random_normal", "truncated_normal"):
        return abs(written[1])
    return abs(written[1] - written[0]) / math.sqrt(12) if name(element) == "random_uniform" else None


def _keras_numbers(element: Element) -> tuple[float, ...]:
    """What `RandomNormal(stddev=2.0)` is given: mean and deviation, or both ends; empty if it is not all written."""
    parameters = _PARAMETERS.get(name(element))
    try:
        call = parse_expression(element.text)
        if parameters is None or not isinstance(call, ast.Call):
            return ()
        given = dict(zip(parameters, call.args, strict=False)) | {word.arg: word.value for word in call.keywords}
        values = [ast.literal_eval(given[key]) if key in given else default for key, default in parameters.items()]
        return tuple(map(float, values))
    except (SyntaxError, ValueError, TypeError):
        return ()


_PARAMETERS = {
    "random_normal": {"mean": 0.0, "stddev": 0.05},
    "truncated_normal": {"mean": 0.0, "stddev": 0.05},
    "random_uniform": {"minval": -0.05, "maxval": 0.05},
}
"""Arguments of Keras' initialisers with their defaults."""

_OUTPUT = 'Dense(10, activation="softmax")'
_RANDOM_NORMAL = "keras.initializers.RandomNormal"

rule = LintRule(
    check=_check,
    fires_on=(
        keras_program(f'Dense(32, activation="relu", kernel_initializer={_RANDOM_NORMAL}(stddev=2.0))', _OUTPUT),
        keras_program(f'Dense(32, activation="relu", kernel_initializer={_RANDOM_NORMAL}(0.0, 1.0))', _OUTPUT),
        torch_program().replace("criterion", "nn.init.normal_(model[0].weight, std=1.0)\ncriterion", 1),
        torch_program().replace("criterion", "nn.init.normal_(model[0].weight)\ncriterion", 1),
    ),
    silent_on=(
        *HEALTHY,
        keras_program(f'Dense(32, activation="relu", kernel_initializer={_RANDOM_NORMAL}(stddev=0.02))', _OUTPUT),
        keras_program('Dense(32, activation="relu", kernel_initializer="random_normal")', _OUTPUT),
        torch_program().replace("criterion", "nn.init.normal_(model[0].weight, std=0.02)\ncriterion", 1),
    ),
)

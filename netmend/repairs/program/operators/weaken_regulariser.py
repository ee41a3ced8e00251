"""Remove the penalty on the weights of a layer, or make it ten or a hundred times weaker.

What it changes:
    The regulariser of one layer.

When it helps:
    The penalty is larger than the loss on the data, so that the training mostly shrinks weights.

When it is wrong:
    Where the network overfits without it.

References:
    Removing comes first: most layers of most programs have none, which is the default of Keras. Weaker by powers of
    ten: the penalty is usually searched on a logarithmic scale (Bengio, "Practical recommendations for gradient-based
    training", 2012, section 3.3). The priors are our own.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from netmend.program.elements._base import Element
from netmend.repairs.program.operators._base import Operator, Suggestion
from netmend.repairs.program.operators._examples import keras
from netmend.training.trace import Trace

NONE = "none"
PRIOR_NONE = 0.7  # own convention, see References
PRIORS = {10: 0.4, 100: 0.3}


def weaker(value: str, divisor: float) -> str | None:
    """A regulariser with its strengths divided: "l2(0.01)" by 10 is "l2(0.001)"; None if it states no strength."""
    parts = re.fullmatch(r"(\w+)\(([^()]+)\)", value)
    if parts is None:
        return None
    try:
        strengths = [float(text) for text in parts[2].split(",")]
    except ValueError:
        return None
    return f"{parts[1]}({', '.join(f'{strength / divisor:.3g}' for strength in strengths)})"


def _suggest(element: Element, elements: tuple[Element, ...], trace: Trace) -> Iterable[Suggestion]:
    if element.absent or not isinstance(element.value, str) or element.value == NONE:
        return
    yield Suggestion(NONE, PRIOR_NONE, "no penalty, the default")
    for divisor, prior in PRIORS.items():
        value = weaker(element.value, divisor)
        if value is not None:
            yield Suggestion(value, prior, f"{divisor} times weaker")


operator = Operator(
    kind="regulariser",
    suggest=_suggest,
    examples=(
        (
            keras(
                'layers.Dense(64, activation="relu", kernel_regularizer=keras.regularizers.L1(0.01))',
                "layers.Dense(10)",
            ),
            "regulariser of Dense 1: l1(0.01)",
            NONE,
        ),
        (keras(), "regulariser of Dense 1: none (default)", None),
    ),
)

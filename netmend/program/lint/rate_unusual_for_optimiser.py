"""The learning rate is more than ten times off the usual value of its optimiser.

What it is:
    Each optimiser scales its steps in its own way, so the same number is a long step for one and a short step for
    another. A rate that is usual for one optimiser, or the default of the library, may be far off for another: the
    default of Adadelta in Keras is 0.001, a thousandth of the rate of its authors.

How it is measured:
    The rate over the usual rate of the optimiser. Severity 0.3 per factor of ten, at most 0.9; 1 for a rate of zero.

When it is wrong:
    Fine-tuning wants smaller rates, very large batches want larger ones, and a schedule may start anywhere.

References:
    Usual rates, as the authors recommend them: Adam 0.001 and Adamax 0.002 (Kingma, Ba, ICLR 2015, algorithms 1 and 2),
    AdamW 0.001 (Loshchilov, Hutter, ICLR 2019), RAdam 0.001 (Liu et al., ICLR 2020), Adadelta 1 (Zeiler 2012: it needs
    no rate), Lion 0.0001 (Chen et al. 2023, section 5: three to ten times smaller than AdamW's), SGD 0.01 (Bengio,
    Practical Recommendations for Gradient-Based Training, 2012, section 3.1.1). Defaults of Keras or PyTorch where the
    authors name none: RMSprop and FTRL 0.001, Nadam 0.002, Adagrad and ASGD 0.01. The factor of ten is a convention:
    one step on the scale on which rates are searched. So are the severities: they only order the cases.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

from netmend.program.blame import Blame, Value
from netmend.program.elements._base import Element
from netmend.program.lint._base import Hit, LintRule
from netmend.program.lint._examples import HEALTHY, keras_program, torch_program
from netmend.program.lint._model import of_kind

USUAL = {
    "sgd": 0.01,
    "asgd": 0.01,
    "adagrad": 0.01,
    "rmsprop": 0.001,
    "ftrl": 0.001,
    "adam": 0.001,
    "adamw": 0.001,
    "radam": 0.001,
    "adamax": 0.002,
    "nadam": 0.002,
    "lion": 0.0001,
    "adadelta": 1.0,
}
"""Usual learning rates, sources above."""

FACTOR = 10.0
"""Beyond this factor a rate is unusual; a convention, see above."""


def _check(elements: Sequence[Element]) -> Iterable[Hit]:
    optimisers = of_kind(elements, "optimiser")
    for rate in of_kind(elements, "learning-rate"):
        optimiser = _optimiser_of(rate, optimisers)
        usual = USUAL.get(str(optimiser.value)) if optimiser else None
        if optimiser is None or usual is None or not isinstance(rate.value, int | float):
            continue
        ratio = rate.value / usual
        # Rates are written in decimal: 0.1 / 0.01 is not exactly ten.
        if ratio * (1 + 1e-9) >= 1 / FACTOR and ratio <= FACTOR * (1 + 1e-9):
            continue
        severity = min(0.9, 0.3 * abs(math.log10(ratio))) if ratio > 0 else 1.0
        between = usual * FACTOR if ratio > 1 else usual / FACTOR
        values: tuple[Value, ...] = (usual, float(f"{between:.1g}"))
        fitting = tuple(name for name in ("adam", "sgd") if name != optimiser.value and _is_usual(rate.value, name))
        others = (Blame("optimiser", 0.4, values=fitting),) if fitting else ()
        yield Hit(
            rate,
            f"The learning rate of {optimiser.value} is {rate.value:g}; {usual:g} is usual.",
            severity,
            measured=float(rate.value),
            threshold=usual * FACTOR if ratio > 1 else usual / FACTOR,
            blames=(Blame("learning-rate", 0.9, values=values), *others),
        )


def _is_usual(rate: float, optimiser: str) -> bool:
    ratio = rate / USUAL[optimiser]
    # Rates are written in decimal: 0.1 / 0.01 is not exactly ten.
    return ratio * (1 + 1e-9) >= 1 / FACTOR and ratio <= FACTOR * (1 + 1e-9)


def _optimiser_of(rate: Element, optimisers: Sequence[Element]) -> Element | None:
    """The only optimiser, or the one whose call the rate belongs to."""
    if len({optimiser.value for optimiser in optimisers}) == 1:
        return optimisers[0]
    return next((each for each in optimisers if str(each.value) == rate.owner.partition(" ")[0].lower()), None)


rule = LintRule(
    check=_check,
    fires_on=(
        keras_program(optimizer="keras.optimizers.Adam(1.0)"),
        keras_program(optimizer="keras.optimizers.Adam(learning_rate=1e-5)"),
        keras_program(optimizer="keras.optimizers.SGD(learning_rate=1.0)"),
        keras_program(optimizer='"adadelta"'),
        torch_program(optimiser="Adam(model.parameters(), lr=0.1)"),
        torch_program(optimiser="SGD(model.parameters(), lr=0.00001)"),
        torch_program(optimiser="Adam(model.parameters(), lr=0.0)"),
    ),
    silent_on=(
        *HEALTHY,
        keras_program(optimizer="keras.optimizers.SGD(0.1)"),
        keras_program(optimizer="keras.optimizers.Adam(0.0001)"),
        keras_program(optimizer="keras.optimizers.Adadelta(1.0)"),
        torch_program(optimiser="SGD(model.parameters(), lr=0.1, momentum=0.9)"),
        torch_program(optimiser="Adadelta(model.parameters())"),
    ),
)

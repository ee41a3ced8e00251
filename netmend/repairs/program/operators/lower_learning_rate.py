"""Take smaller steps: the learning rate divided by 10, 3 or 100.

What it changes:
    The learning rate, downwards, to 1e-7 at least.

When it helps:
    The loss became NaN, rises, or swings from epoch to epoch.

When it is wrong:
    Where training is slow already: then it gets slower. Below the optimiser's usual rate it comes later.

References:
    Steps by factors of 3 to 10: Bengio, "Practical recommendations for gradient-based training", 2012, section 3.1.
    AutoTrainer (Zhang et al., ICSE 2021) divides by 10 against oscillation; DeepDiagnosis (Wardat et al., ICSE 2022)
    blames the rate for updates out of proportion to the weights. Lower end: UMLAUT (Schoop et al., CHI 2021). The
    priors are our own.
"""

from __future__ import annotations

from collections.abc import Iterable

from netmend.program.elements._base import Element
from netmend.repairs.program.operators._base import Operator, Suggestion
from netmend.repairs.program.operators._examples import keras
from netmend.repairs.program.operators._numbers import number
from netmend.repairs.program.operators._rates import AWAY_FROM_USUAL, usual_rate
from netmend.training.curves import SMALLEST_RATE, broke, has_learned, rose, scaled
from netmend.training.trace import Trace

# Divisor: prior without a sign of too large steps, prior with one. Own convention, see References.
PRIORS = {10: (0.3, 0.8), 3: (0.2, 0.5), 100: (0.1, 0.4)}
LEARNED = 0.4  # own convention: what remains of a prior where the run has learned all the same


def _suggest(element: Element, elements: tuple[Element, ...], trace: Trace) -> Iterable[Suggestion]:
    present = number(element)
    if present is None:
        return
    too_large = broke(trace) or rose(trace)
    usual = usual_rate(elements, trace)
    away = AWAY_FROM_USUAL if usual is not None and present < usual and not too_large else 1.0
    doubt = away * (LEARNED if has_learned(trace) else 1.0)
    for divisor, priors in PRIORS.items():
        value = scaled(present, 1 / divisor)
        if value >= SMALLEST_RATE:
            yield Suggestion(value, priors[too_large] * doubt, f"learning rate / {divisor}")


operator = Operator(
    kind="learning-rate",
    suggest=_suggest,
    examples=(
        (keras(), "learning-rate of Adam: 0.001", 0.0001),
        (keras(optimizer="keras.optimizers.SGD(1e-7)"), "learning-rate of SGD: 1e-07", None),
    ),
)

"""More than half of a layer's units are dropped, so that little of what it learns gets through.

What it is:
    Dropout sets a share of the units to zero in every training step. The larger the share, the slower and noisier the
    training; at 1 nothing is left.

How it is measured:
    The share dropped. Severity rises from 0.4 just above the threshold to 1 at a share of 1.

When it is wrong:
    Very wide layers can live with more.

References:
    Threshold: UMLAUT (Schoop et al., CHI 2021), dropout above 0.5; Srivastava et al., JMLR 15, 2014, appendix A.4, keep
    0.5 to 0.8 of the hidden units. The severities only order the cases: a convention.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from netmend.program.blame import Blame
from netmend.program.elements._base import Element
from netmend.program.lint._base import Hit, LintRule
from netmend.program.lint._examples import HEALTHY, keras_program, torch_program
from netmend.program.lint._model import of_kind

THRESHOLD = 0.5
"""Source above."""


def _check(elements: Sequence[Element]) -> Iterable[Hit]:
    for element in of_kind(elements, "dropout-rate"):
        if not isinstance(element.value, int | float) or element.value <= THRESHOLD:
            continue
        yield Hit(
            element,
            f"{element.owner} drops {element.value:.0%} of its inputs.",
            severity=min(1.0, 0.4 + 0.6 * (element.value - THRESHOLD) / (1 - THRESHOLD)),
            measured=float(element.value),
            threshold=THRESHOLD,
            blames=(Blame("dropout-rate", 0.9, element.role or None, element.layer, (0.5, 0.25)),),
        )


_OUTPUT = 'Dense(10, activation="softmax")'

rule = LintRule(
    check=_check,
    fires_on=(
        keras_program('Dense(32, activation="relu")', "Dropout(0.9)", _OUTPUT),
        torch_program("Linear(20, 32)", "ReLU()", "Dropout(p=0.8)", "Linear(32, 10)"),
    ),
    silent_on=(
        *HEALTHY,
        keras_program('Dense(32, activation="relu")', "Dropout(0.5)", _OUTPUT),
        torch_program("Linear(20, 32)", "ReLU()", "Dropout()", "Linear(32, 10)"),
    ),
)

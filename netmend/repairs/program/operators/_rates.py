"""Which learning rate is usual for the program's optimiser.

References:
    Defaults of the Keras 3 reference, but Adagrad as in PyTorch and Adadelta as published (Zeiler 2012), which has no
    rate at all; AutoTrainer (Zhang et al., ICSE 2021) takes 0.01 for SGD and 0.001 for others.
"""

from __future__ import annotations

from collections.abc import Sequence

from netmend.program.elements._base import Element
from netmend.training.trace import Trace

USUAL_RATE = {
    **dict.fromkeys(("adam", "adamw", "nadam", "adamax", "radam", "rmsprop", "ftrl"), 0.001),
    **dict.fromkeys(("sgd", "asgd", "adagrad"), 0.01),
    "lion": 0.0001,
    "adadelta": 1.0,
}
AWAY_FROM_USUAL = 0.3  # own convention: what remains of a prior for a step away from a usual rate


def present_optimiser(elements: Sequence[Element], trace: Trace) -> str:
    """The program's optimiser as its source says, else as its run showed; "custom" if neither is known."""
    named = {element.value for element in elements if element.kind == "optimiser" and isinstance(element.value, str)}
    return str(named.pop()) if len(named) == 1 else trace.optimiser


def usual_rate(elements: Sequence[Element], trace: Trace) -> float | None:
    """The rate at which most programs use this optimiser; None for one that is not known."""
    return USUAL_RATE.get(present_optimiser(elements, trace))

"""Which elements may belong to the model that was watched, where a program trains several.

Pretraining, a teacher and its student, two models that are compared: a run is described by the model with most updates,
and what it shows says nothing of the other. The text does not say which element is whose once models share layers; but
a run tells loss, optimiser, rate, epochs and output of its model, and what reads otherwise is of another.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

from netmend.program.elements._base import Element
from netmend.training.task import loss_name, output_activation, output_layer
from netmend.training.trace import Trace


def of_watched(elements: Sequence[Element], trace: Trace | None) -> tuple[Element, ...]:
    """The elements without those that another model of the program explains.

    An element is left out if it contradicts what the run tells of its model, and another of its kind does not: where
    all contradict it, the reading is wrong and not the element. Layers of models that share some cannot be numbered
    from the text; an output that fits has no number here, so that whatever points to the output points to it.

    Args:
        trace: of a run; None if there is none.
    """
    if trace is None or trace.models_trained < 2:
        return tuple(elements)
    fits = [_fits(element, trace) for element in elements]
    explained = {_sort(element) for element, fit in zip(elements, fits, strict=True) if fit}
    return tuple(
        replace(element, layer=None) if fit and element.role == "output" else element
        for element, fit in zip(elements, fits, strict=True)
        if fit is not False or _sort(element) not in explained
    )


def _sort(element: Element) -> tuple[str, str]:
    return element.kind, element.role


def _fits(element: Element, trace: Trace) -> bool | None:
    """Whether an element reads as what the run tells of its model; None where either is not known."""
    told = _told(element, trace)
    if told is None or element.value is None:
        return None
    if isinstance(told, float):
        return isinstance(element.value, int | float) and math.isclose(element.value, told, rel_tol=1e-3)
    value = str(element.value).partition("(")[0] if element.kind == "loss" else element.value
    return value == told


def _told(element: Element, trace: Trace) -> str | float | int | None:
    """What the run tells of an element of its model; None if nothing."""
    if element.kind in ("activation", "units"):
        last = output_layer(trace)
        if element.role != "output" or last is None:
            return None
        return output_activation(trace) if element.kind == "activation" else last[1].units or None
    return {
        "loss": None if loss_name(trace) == "custom" else loss_name(trace),
        "optimiser": None if trace.optimiser == "custom" else trace.optimiser,
        "learning-rate": None if math.isnan(trace.learning_rate) else float(trace.learning_rate),
        "epochs": trace.epochs_planned or None,
        "batch-size": trace.batch_size or None,
    }.get(element.kind)

"""Weights that a program keeps from being trained.

"frozen" where it says `requires_grad = False`, `requires_grad_(False)` or `trainable = False` and loads no weights from
anywhere; "frozen as loaded" where it loads some, which are then usually meant to stay. "trained" lets them learn.
There is no element where nothing is frozen.

References:
    PyTorch tutorial "Transfer Learning for Computer Vision", section "ConvNet as fixed feature extractor"; Keras guide
    "Transfer learning & fine-tuning". Both freeze layers with weights that were loaded.
"""

from __future__ import annotations

from netmend.program.blame import Value
from netmend.program.elements._base import Element, ElementKind
from netmend.program.elements._find import change, finder, others

FROZEN, AS_LOADED, TRAINED = "frozen", "frozen as loaded", "trained"


def _values(element: Element) -> tuple[Value, ...]:
    return others(element, (TRAINED,))


kind = ElementKind(find=finder("frozen-weights"), values=_values, change=change)

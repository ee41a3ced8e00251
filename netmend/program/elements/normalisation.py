"""The normalisation between a hidden layer and the next layer with weights.

"none" where there is none, "batch_normalization" or "layer_normalization" where one stands there. A change adds the
layer directly behind, takes it away, or puts the other in its place.

References:
    Ioffe and Szegedy, "Batch normalization", ICML 2015, section 3.2, where it stands before the activation; where Keras
    keeps the activation inside the layer it comes after it, which works as well (Mishkin, Sergievskiy and Matas,
    "Systematic evaluation of CNN advances on the ImageNet", 2017, table 4). Ba, Kiros and Hinton, "Layer
    normalization", 2016.
"""

from __future__ import annotations

from netmend.program.blame import Value
from netmend.program.elements._base import Element, ElementKind
from netmend.program.elements._find import change, finder, others

VALUES = ("none", "batch_normalization", "layer_normalization")


def _values(element: Element) -> tuple[Value, ...]:
    return others(element, VALUES)


kind = ElementKind(find=finder("normalisation"), values=_values, change=change)

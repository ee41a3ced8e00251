"""The axis along which the last softmax of a model makes numbers add up to 1, as written: 0, 1, -1.

Axis 0 holds the rows of a batch. -1 is the last axis, which holds the classes after a fully connected layer; after a
convolution of PyTorch they are in axis 1. There is no element where the axis is not stated: Keras then means the last.

References:
    PyTorch reference, torch.nn.Softmax, `dim`: every slice along it adds up to 1; torch.nn.CrossEntropyLoss, for where
    the classes are. Keras reference, layers.Softmax, `axis`.
"""

from __future__ import annotations

from netmend.program.blame import Value
from netmend.program.elements._base import Element, ElementKind
from netmend.program.elements._find import change, finder, others


def _values(element: Element) -> tuple[Value, ...]:
    return others(element, (-1, 1))


kind = ElementKind(find=finder("softmax-dim"), values=_values, change=change)

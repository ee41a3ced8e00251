"""The number of inputs that a layer states: in_features, in_channels, num_features or input_size in PyTorch.

In a program that trains it is right, because no other number would do; so only programs that crash have this element.
The right one follows from the layer before, or from what the program says when it crashes. A reshape to the same number
(`x.view(-1, 400)`) changes with it. Keras finds it out by itself and has no such element.

References:
    PyTorch reference, torch.nn.Linear, Conv2d, BatchNorm2d and LSTM.
"""

from __future__ import annotations

from netmend.program.blame import Value
from netmend.program.elements._base import Element, ElementKind
from netmend.program.elements._find import change, finder, others


def _values(element: Element) -> tuple[Value, ...]:
    return others(element, dict(element.extra)["before"])


kind = ElementKind(find=finder("input-width"), values=_values, change=change)

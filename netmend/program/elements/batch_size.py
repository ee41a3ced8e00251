"""How many rows one update of the weights sees.

Keras's `fit` takes 32 if none is given; a data set or generator makes its own batches, and the element stands there.
PyTorch's `DataLoader` takes 1.

References:
    Defaults: Keras reference, Model.fit; PyTorch reference, torch.utils.data. Values: powers of two from 8 to 512,
    around 32, up to which Masters and Luschi ("Revisiting small batch training for deep neural networks", 2018) found
    the best results.
"""

from __future__ import annotations

from netmend.program.blame import Value
from netmend.program.elements._base import Element, ElementKind
from netmend.program.elements._find import change, finder, others

VALUES = (32, 64, 16, 128, 8, 256, 512)


def _values(element: Element) -> tuple[Value, ...]:
    return others(element, VALUES)


kind = ElementKind(find=finder("batch-size"), values=_values, change=change)

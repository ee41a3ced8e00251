"""Whether the training rows are put in another order before each epoch.

Keras's `fit` shuffles arrays unless told otherwise, PyTorch's `DataLoader` does not unless told so.

References:
    Bengio, "Practical recommendations for gradient-based training of deep architectures", 2012, section 2.1.2: examples
    should come in random order. Defaults: Keras reference, Model.fit; PyTorch reference, torch.utils.data.
"""

from __future__ import annotations

from netmend.program.blame import Value
from netmend.program.elements._base import Element, ElementKind
from netmend.program.elements._find import change, finder, others


def _values(element: Element) -> tuple[Value, ...]:
    return others(element, (True, False))


kind = ElementKind(find=finder("shuffling"), values=_values, change=change)

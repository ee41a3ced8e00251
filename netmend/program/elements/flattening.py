"""The flattening between the last convolution, or an embedding, and the first fully connected layer.

"none" where it is missing, and "flatten" puts it before the fully connected layer; "flatten" where the layer Flatten
stands there, which is also an element of kind "layer". Other ways to join the places, as pooling or `view`, are no
element. Before a fully connected layer that comes first it is an element of PyTorch programs that crash alone. Without
any the fully connected layer is applied at every place of a picture or of a sequence, and the output has axes that
labels lack.

References:
    Keras reference, Dense (inputs of rank above 2) and Flatten; PyTorch reference, torch.nn.Flatten.
"""

from __future__ import annotations

from netmend.program.blame import Value
from netmend.program.elements._base import Element, ElementKind
from netmend.program.elements._find import change, finder

NONE, FLATTEN = "none", "flatten"


def _values(element: Element) -> tuple[Value, ...]:
    return (FLATTEN,) if element.value == NONE else ()


kind = ElementKind(find=finder("flattening"), values=_values, change=change)

"""How many times in a row a hidden layer with weights stands in the model, always written alike.

Two puts a copy of the layer behind it, with weights of its own. In PyTorch a layer can be repeated only where its
inputs and outputs are equally many; an activation module behind it is repeated with it. To take the only one out,
change the layer.

References:
    "Layer repeat" 0, 1 and 2 of the search space of Kim et al., ICST 2023, table 2; 0 is the removal of the layer.
"""

from __future__ import annotations

from netmend.program.blame import Value
from netmend.program.elements._base import Element, ElementKind
from netmend.program.elements._find import change, finder, others


def _values(element: Element) -> tuple[Value, ...]:
    return () if element.form == "fixed" else others(element, (1, 2, 3))


kind = ElementKind(find=finder("layer-repeats"), values=_values, change=change)

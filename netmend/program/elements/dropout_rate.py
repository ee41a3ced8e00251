"""The share of inputs that a dropout layer sets to zero while training.

Also the `dropout` argument of recurrent layers where it is written. To remove a dropout layer, change the layer.

References:
    Srivastava et al., "Dropout", JMLR 2014, appendix A.4: 0.2 to 0.5 for hidden units. Default in PyTorch: 0.5.
"""

from __future__ import annotations

from netmend.program.blame import Value
from netmend.program.elements._base import Element, ElementKind
from netmend.program.elements._find import change, finder, others

VALUES = (0.5, 0.2, 0.25, 0.3, 0.1, 0.4, 0.0)


def _values(element: Element) -> tuple[Value, ...]:
    return others(element, VALUES)


kind = ElementKind(find=finder("dropout-rate"), values=_values, change=change)

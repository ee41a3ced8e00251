"""A penalty on the main weights of a layer, added to the loss.

"none" where there is none, which is the default; otherwise with its factors: "l1(0.01)", "l2(0.001)",
"l1_l2(0.01, 0.001)". In PyTorch it is the optimiser's `weight_decay`.

References:
    Names and the default factor 0.01: Keras reference, regularizers. Factors in powers of ten: usually searched on a
    logarithmic scale (Bengio, "Practical recommendations for gradient-based training", 2012, section 3.3).
"""

from __future__ import annotations

from netmend.program.blame import Value
from netmend.program.elements._base import Element, ElementKind
from netmend.program.elements._find import change, finder, others

VALUES = {
    "keras": ("none", "l2(0.001)", "l2(0.0001)", "l2(0.01)", "l1(0.0001)", "l1(0.001)", "l1(0.01)"),
    "torch": ("none", "l2(0.0001)", "l2(0.001)", "l2(0.01)"),
}


def _values(element: Element) -> tuple[Value, ...]:
    return others(element, VALUES[element.framework])


kind = ElementKind(find=finder("regulariser"), values=_values, change=change)

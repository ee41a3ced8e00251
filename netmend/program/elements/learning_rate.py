"""The length of the steps in which the optimiser changes the weights.

Absent where the optimiser is only named or given no rate; then the value is the default of its class, and a change
writes the object: `"adam"` becomes `keras.optimizers.Adam(learning_rate=0.01)`. Under a schedule the value is unknown
and the place is the rate from which the schedule starts.

References:
    Defaults: Keras reference, optimizers; PyTorch reference, torch.optim. Ladder: powers of ten, as the moves of Kim et
    al., ICST 2023, and the usual range of Bengio, "Practical recommendations for gradient-based training", 2012,
    section 3.1 (1e-6 to 1).
"""

from __future__ import annotations

from netmend.program.blame import Value
from netmend.program.elements._base import Element, ElementKind
from netmend.program.elements._find import change, finder, others

LADDER = (0.001, 0.01, 0.0001, 0.1, 1e-5, 1.0, 1e-6)


def _values(element: Element) -> tuple[Value, ...]:
    return others(element, LADDER)


kind = ElementKind(find=finder("learning-rate"), values=_values, change=change)

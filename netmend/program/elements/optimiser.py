"""The rule by which gradients change the weights.

The value is the class in lower case: "adam". A change keeps a written learning rate and drops arguments that the new
class does not take; "sgd(0.01)" sets the rate as well, which is needed where both change and only a name is written.
Keras takes "rmsprop" where `compile` names none.

References:
    Defaults: Keras reference, optimizers and Model.compile; PyTorch reference, torch.optim. Order: the seven optimisers
    of the search space of Kim et al., ICST 2023, table 2, the commonest first.
"""

from __future__ import annotations

from netmend.program.blame import Value
from netmend.program.elements._base import Element, ElementKind
from netmend.program.elements._find import change, finder, others

VALUES = ("adam", "sgd", "rmsprop", "nadam", "adamw", "adamax", "adagrad", "adadelta")


def _values(element: Element) -> tuple[Value, ...]:
    return others(element, VALUES)


kind = ElementKind(find=finder("optimiser"), values=_values, change=change)

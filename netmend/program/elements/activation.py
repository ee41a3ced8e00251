"""The function a layer applies to its weighted sum, or the layer that applies it.

A layer without one has the framework's default: "linear" for most, "tanh" for recurrent layers of Keras. Written as a
string, a function, an object, or a layer of its own; a change keeps a layer a layer and writes a string elsewhere.

References:
    Names: Keras reference, activations; "linear" means that no function is applied. Order: our own convention, those
    of introductory texts first.
"""

from __future__ import annotations

from netmend.program.blame import Value
from netmend.program.elements._base import Element, ElementKind
from netmend.program.elements._find import change, finder, others

USUAL = ("relu", "softmax", "sigmoid", "tanh", "linear", "elu", "selu", "leaky_relu", "gelu", "silu")
RARE = ("softplus", "softsign", "exponential", "hard_sigmoid")


def _values(element: Element) -> tuple[Value, ...]:
    return others(element, (*USUAL, *RARE))


kind = ElementKind(find=finder("activation"), values=_values, change=change)

"""How the main weights of a layer are drawn before training.

Biases are left out: they start at zero by default and by design, and a constant there is no fault. A constant is
written "constant(0.5)". Keras's default is "glorot_uniform", for embeddings "random_uniform".

References:
    Glorot and Bengio, AISTATS 2010, section 4.2.1; He et al., ICCV 2015, section 2.2; LeCun et al., "Efficient
    BackProp", 1998, section 4.6. Names and defaults: Keras reference, initializers.
"""

from __future__ import annotations

from netmend.program.blame import Value
from netmend.program.elements._base import Element, ElementKind
from netmend.program.elements._find import change, finder, others

VALUES = {
    "keras": (
        "glorot_uniform",
        "he_normal",
        "glorot_normal",
        "he_uniform",
        "lecun_normal",
        "lecun_uniform",
        "random_normal",
        "random_uniform",
        "truncated_normal",
        "orthogonal",
    ),
    "torch": (
        "glorot_uniform",
        "he_normal",
        "glorot_normal",
        "he_uniform",
        "random_normal",
        "random_uniform",
        "truncated_normal",
        "orthogonal",
    ),
}
"""By framework, the usual ones first; zeros and ones are never offered, as equal units stay equal."""


def _values(element: Element) -> tuple[Value, ...]:
    return others(element, VALUES[element.framework])


kind = ElementKind(find=finder("initialiser"), values=_values, change=change)

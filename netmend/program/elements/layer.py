"""A layer of the model: the call that makes it.

The value is the name of its class. Changing it to None removes the layer where that is safe: an item of
`Sequential([...])`, a `model.add(...)` statement, an `x = Layer(...)(x)` statement. Changing it to the source text of
a call puts that call in its place; changing it to a class name keeps the arguments, so only a class of the same family
may follow (one recurrent layer for another, one pooling for another).

Input layers are no elements, and do not count in the numbering.

References:
    One of the nine elements of MLM4DNN, the source-level repair with a masked language model. Removing and repeating
    layers are moves of the search space of Kim et al., ICST 2023, table 2.
"""

from __future__ import annotations

from netmend.program.blame import Value
from netmend.program.elements._base import Element, ElementKind
from netmend.program.elements._find import change, finder

KERAS_FAMILIES: tuple[tuple[str, ...], ...] = (
    ("LSTM", "GRU", "SimpleRNN"),
    ("Dropout", "AlphaDropout", "GaussianDropout"),
    *((f"MaxPooling{n}D", f"AveragePooling{n}D") for n in (1, 2, 3)),
    *((f"GlobalMaxPooling{n}D", f"GlobalAveragePooling{n}D") for n in (1, 2, 3)),
)
"""Keras classes that take the same arguments (Keras reference, layers)."""


def family(name: str) -> tuple[str, ...]:
    """Other Keras layer classes that take the arguments of this one."""
    return tuple(other for each in KERAS_FAMILIES if name in each for other in each if other != name)


def _values(element: Element) -> tuple[Value, ...]:
    same = family(str(element.value)) if element.framework == "keras" else ()
    return (*same, None) if element.form else same


kind = ElementKind(find=finder("layer"), values=_values, change=change)

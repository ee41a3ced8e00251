"""The function that training makes small.

A loss that applies the last activation itself is written with "(from_logits)" after its name:
"sparse_categorical_crossentropy(from_logits)" is `SparseCategoricalCrossentropy(from_logits=True)` in Keras and
`CrossEntropyLoss()` in PyTorch. A value without it is a loss that takes probabilities, so a change says which of the
two is meant. A Keras loss object stays an object and a name a name, unless logits need an object.

References:
    Names: Keras reference, losses. Order: our own convention, cross-entropies first, then squared and absolute error.
"""

from __future__ import annotations

from netmend.program.blame import Value
from netmend.program.elements._base import Element, ElementKind
from netmend.program.elements._find import change, finder, others

LOGITS_MARK = "(from_logits)"

VALUES = {
    "keras": (
        "sparse_categorical_crossentropy",
        "categorical_crossentropy",
        "binary_crossentropy",
        "mean_squared_error",
        "mean_absolute_error",
        "sparse_categorical_crossentropy(from_logits)",
        "categorical_crossentropy(from_logits)",
        "binary_crossentropy(from_logits)",
        "huber",
        "mean_squared_logarithmic_error",
        "mean_absolute_percentage_error",
        "kullback_leibler_divergence",
        "poisson",
        "hinge",
        "squared_hinge",
        "categorical_hinge",
    ),
    "torch": (
        "sparse_categorical_crossentropy(from_logits)",
        "binary_crossentropy(from_logits)",
        "mean_squared_error",
        "mean_absolute_error",
        "negative_log_likelihood",
        "binary_crossentropy",
        "huber",
    ),
}
"""By framework, the usual ones first."""


def _values(element: Element) -> tuple[Value, ...]:
    return others(element, VALUES[element.framework])


kind = ElementKind(find=finder("loss"), values=_values, change=change)

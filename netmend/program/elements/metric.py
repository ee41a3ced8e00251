"""A quantity that the program reports beside the loss; one element for each in the list.

It does not influence training. `compile` without metrics has one absent element of the value "none". PyTorch programs
compute their metrics themselves and have no such element.

References:
    One of the nine elements of MLM4DNN. Names: Keras reference, metrics; any loss may serve as a metric.
"""

from __future__ import annotations

from netmend.program.blame import Value
from netmend.program.elements._base import Element, ElementKind
from netmend.program.elements._find import change, finder, others

VALUES = (
    "accuracy",
    "mean_absolute_error",
    "mean_squared_error",
    "sparse_categorical_accuracy",
    "categorical_accuracy",
    "binary_accuracy",
    "root_mean_squared_error",
    "auc",
    "precision",
    "recall",
)


def _values(element: Element) -> tuple[Value, ...]:
    return others(element, VALUES)


kind = ElementKind(find=finder("metric"), values=_values, change=change)

"""How much rows of each class count in the loss.

"none" where all rows count the same, which is the default; "balanced" where a class counts by the inverse of its
share, computed from the training labels by the program itself: `class_weight` of Keras's `fit`, `weight` of PyTorch's
cross-entropy, `pos_weight` of its binary one. "balanced(one_hot)" is the same for one-hot labels. Where the
labels have no name that can be used there, nothing is offered.

References:
    King and Zeng, "Logistic regression in rare events data", Political Analysis 9(2), 2001, section 3.2: weights by
    inverse share. Keras reference, Model.fit; PyTorch reference, CrossEntropyLoss and BCEWithLogitsLoss.
"""

from __future__ import annotations

from netmend.program.blame import Value
from netmend.program.elements._base import Element, ElementKind
from netmend.program.elements._find import change, finder, others

VALUES = {"keras": ("none", "balanced", "balanced(one_hot)"), "torch": ("none", "balanced")}


def _values(element: Element) -> tuple[Value, ...]:
    return () if element.form == "unnamed" else others(element, VALUES[element.framework])


kind = ElementKind(find=finder("class-weight"), values=_values, change=change)

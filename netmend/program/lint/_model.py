"""What the elements say together about the model: its last activation, its loss, its optimiser."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise

from netmend.program.elements._base import Element

CROSS_ENTROPIES = frozenset(
    {
        "binary_crossentropy",
        "binary_focal_crossentropy",
        "categorical_crossentropy",
        "categorical_focal_crossentropy",
        "sparse_categorical_crossentropy",
    }
)
_ACTIVATION_LAYERS = frozenset({"Activation", "ReLU", "LeakyReLU", "PReLU", "ELU", "Softmax", "ThresholdedReLU"})
BINARY = frozenset({"binary_crossentropy", "binary_focal_crossentropy"})


def of_kind(elements: Sequence[Element], kind: str, role: str | None = None) -> list[Element]:
    """Elements of a kind whose value is known, in order of appearance."""
    return [
        element
        for element in elements
        if element.kind == kind and element.value is not None and role in (None, element.role)
    ]


def inner_activations(elements: Sequence[Element]) -> list[Element]:
    """Known activations of every layer but the output.

    Empty where it cannot be told which layers are not the output: no output was found, or there are several losses and
    so several outputs. A layer without activation before an activation layer is left out: the two have one activation.
    """
    if len(of_kind(elements, "loss")) > 1 or not any(element.role == "output" for element in elements):
        return []
    found = [element for element in elements if element.kind == "activation"]
    followed = {id(element) for element, following in pairwise(found) if is_activation_layer(following)}
    return [
        element
        for element in found
        if element.value is not None
        and element.role in ("input", "hidden")
        and not (element.value == "linear" and id(element) in followed)
    ]


def is_activation_layer(element: Element) -> bool:
    """Whether an activation is a layer of Keras of its own. In PyTorch all are, and their order of use is known."""
    return element.framework == "keras" and element.owner.partition(" ")[0] in _ACTIVATION_LAYERS


def name(element: Element) -> str:
    """A canonical value without what it carries in brackets: "l2(0.01)" is "l2"."""
    return str(element.value).partition("(")[0]


def numbers(element: Element) -> tuple[float, ...]:
    """The numbers a canonical value carries in brackets: "l1_l2(0.01, 0.1)" has two."""
    inside = str(element.value).partition("(")[2]
    return tuple(float(number) for number in re.findall(r"-?\d+\.?\d*(?:e[-+]?\d+)?", inside))


def from_logits(loss: Element) -> bool:
    """The loss applies the last activation itself."""
    return "from_logits" in str(loss.value)


def only(elements: Sequence[Element], kind: str) -> Element | None:
    """The element of a kind if all of that kind have one and the same known value; else nothing can be said."""
    found = [element for element in elements if element.kind == kind]
    return found[0] if found and found[0].value is not None and len({each.value for each in found}) == 1 else None


def last_activation(elements: Sequence[Element]) -> Element | None:
    """The activation of the output, "linear" if there is none; None if it is unknown or outputs differ."""
    found = [element for element in elements if element.kind == "activation" and element.role == "output"]
    if not found or any(element.value is None for element in found):
        return None
    # Of a layer without activation and an activation layer after it, the latter is the last activation.
    applied = [element for element in found if element.value != "linear"] or found
    return applied[-1] if len({element.value for element in applied}) == 1 else None


def output_units(elements: Sequence[Element]) -> int | None:
    """How many numbers the model puts out per row; None if unknown or if outputs differ."""
    found = [element for element in elements if element.kind == "units" and element.role == "output"]
    widths = {element.value for element in found}
    width = widths.pop() if len(widths) == 1 else None
    return width if isinstance(width, int) else None


def usual_initialisers(element: Element, elements: Sequence[Element]) -> tuple[str, ...]:
    """Initialisers for the layer of an element: He before rectifiers, Glorot otherwise (sources in the rules)."""
    layer = element.layer or 0
    # An activation belongs to the layer itself or, as a layer of its own, comes soon after.
    later = (each for each in of_kind(elements, "activation") if each.layer is not None and each.layer >= layer)
    following = min(later, key=lambda each: each.layer or 0, default=None)
    rectified = following is not None and following.value in ("relu", "leaky_relu", "prelu", "elu", "relu6")
    return ("he_normal", "glorot_uniform") if rectified else ("glorot_uniform", "he_normal")

"""Which activation of a model an operator should touch.

A layer may carry its activation or leave it to a layer that follows. Both are elements; changing both, or the one that
is hidden behind the other, would double the activation.
"""

from __future__ import annotations

from collections.abc import Sequence

from netmend.program.elements._base import Element, of_output
from netmend.training.trace import Trace

# Parts of class names of layers that may stand between a layer with weights and its activation.
BETWEEN = ("norm", "dropout")

# Class names of layers whose own activation is tanh by definition (Hochreiter and Schmidhuber 1997; Cho et al. 2014).
RECURRENT = frozenset({"LSTM", "GRU", "SimpleRNN", "LSTMCell", "GRUCell", "SimpleRNNCell", "RNN"})


def layer_kind(element: Element, trace: Trace) -> str:
    """Class name of the element's layer; "" if the trace does not know it."""
    number = element.layer
    return trace.layers[number].kind if number is not None and 0 <= number < len(trace.layers) else ""


def is_last_word(element: Element, elements: Sequence[Element]) -> bool:
    """An output activation that decides what the model puts out: the last one that is not linear, else the last."""
    outputs = [
        other for other in of_output(elements, element.output) if other.kind == "activation" and other.role == "output"
    ]
    shaping = [other for other in outputs if other.value != "linear"]
    return bool(outputs) and (shaping or outputs)[-1] == element


def has_own_activation_layer(element: Element, trace: Trace) -> bool:
    """A layer that only applies an activation follows the element's layer, with nothing but BETWEEN in between."""
    number = element.layer
    for layer in trace.layers[number + 1 :] if number is not None else ():
        if layer.parameters == 0 and layer.activation:
            return True
        if not any(part in layer.kind.lower() for part in BETWEEN):
            return False
    return False


def activation_of(number: int | None, elements: Sequence[Element]) -> str:
    """Canonical name of the activation that the source gives a layer; "linear" if none."""
    values = [other.value for other in elements if other.kind == "activation" and other.layer == number]
    return next((value for value in values if isinstance(value, str)), "linear")

"""Put the last activation that fits the loss and the labels in place of the present one.

What it changes:
    The activation that decides what the model puts out: softmax before a categorical cross-entropy, sigmoid before a
    binary one, linear before a loss on logits and for quantities.

When it helps:
    The output cannot reach the labels, or the loss gets numbers it is not defined for.

When it is wrong:
    The loss is the fault; then `change-loss` is right and this only moves the problem. A sigmoid whose outputs the
    program rounds or compares with 0.5 is needed there, so taking it away comes last.

References:
    The combinations are the definitions of losses and activations in the Keras and PyTorch references; AutoTrainer
    (Zhang et al., TDSC 2024), repair of an improper output activation. The priors are our own, as in `change-loss`.
"""

from __future__ import annotations

from collections.abc import Iterable

from netmend.program.elements._base import Element
from netmend.repairs.program.operators._base import Operator, Suggestion
from netmend.repairs.program.operators._examples import keras
from netmend.repairs.program.operators._layers import is_last_word
from netmend.training.task import fitting_activations, loss_name
from netmend.training.trace import Trace

PRIOR_FITS, PRIOR_ALSO_FITS, PRIOR_TASTE = 0.85, 0.2, 0.15  # own convention, see References


def _suggest(element: Element, elements: tuple[Element, ...], trace: Trace) -> Iterable[Suggestion]:
    if element.role != "output" or not is_last_word(element, elements):
        return
    fitting = fitting_activations(trace)
    wrong = element.value not in fitting
    others = [name for name in fitting if name != element.value]
    for rank, name in enumerate(others[:3]):
        prior = PRIOR_TASTE if not wrong else PRIOR_FITS if rank == 0 else PRIOR_ALSO_FITS
        if name == "linear" and element.read_as_shares:
            prior = PRIOR_TASTE  # change-loss keeps the probabilities, which the program rounds
        yield Suggestion(name, prior, f"usual last activation with {loss_name(trace)}")


_HIDDEN = 'layers.Dense(64, activation="relu")'

operator = Operator(
    kind="activation",
    suggest=_suggest,
    examples=(
        (keras(_HIDDEN, 'layers.Dense(10, activation="softsign")'), "activation of Dense 2: softsign", "softmax"),
        (keras(_HIDDEN, "layers.Dense(10)"), "activation of Dense 2: linear (default)", "softmax"),
        (keras(), "activation of Dense 2: softmax", None),
        (keras(), "activation of Dense 1: relu", None),
    ),
)

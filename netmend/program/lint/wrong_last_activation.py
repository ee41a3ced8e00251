"""The last activation does not give the loss the kind of number it expects.

What it is:
    A cross-entropy expects probabilities: sigmoid for independent units, softmax for classes that exclude each other.
    Told that it gets logits it applies that activation itself and expects none before it. PyTorch's cross-entropy and
    every loss "with logits" are of the second kind, and its negative log-likelihood expects log-softmax.

How it is measured:
    From the names of the last activation and the loss, and the number of output units where it is written. Severity:
    0.9 where the loss gets numbers outside its domain, 0.6 where an activation is applied twice (the gradient shrinks
    but has the right sign), 0.3 for a sigmoid where Keras' categorical losses rescale the outputs to sum to 1.

When it is wrong:
    Where the model that is compiled is wrapped in another one, or a custom step applies the activation in between.

References:
    Definitions of the losses in the Keras and PyTorch references. UMLAUT (Schoop et al., CHI 2021), softmax before the
    loss; AutoTrainer (Zhang et al., TDSC 2024), improper output activation; NeuraLint (Nikanjam et al., TOSEM 2022),
    missing softmax, missing sigmoid, wrong last activation. The severities only order the cases: a convention.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from netmend.program.blame import Blame, Value
from netmend.program.elements._base import Element
from netmend.program.lint._base import Hit, LintRule
from netmend.program.lint._examples import HEALTHY, keras_program, torch_program
from netmend.program.lint._model import (
    BINARY,
    CROSS_ENTROPIES,
    from_logits,
    last_activation,
    name,
    only,
    output_units,
)

# Conventions, see the docstring.
OUTSIDE_DOMAIN, APPLIED_TWICE, RESCALED = 0.9, 0.6, 0.3


def _check(elements: Sequence[Element]) -> Iterable[Hit]:
    last, loss = last_activation(elements), only(elements, "loss")
    if last is None or loss is None:
        return
    activation, units = str(last.value), output_units(elements)
    if activation in ("softmax", "log_softmax") and units == 1:
        return  # softmax-on-one-unit says so
    if name(loss) == "negative_log_likelihood":
        found = _before_negative_log_likelihood(activation)
    elif name(loss) not in CROSS_ENTROPIES:
        return
    elif from_logits(loss):
        found = _before_logits(activation, name(loss), loss.framework)
    else:
        found = _before_probabilities(activation, name(loss), units)
    if found is None:
        return
    severity, reason, activations, losses = found
    blames = [Blame("activation", 0.95, "output", last.layer, activations)] if activations else []
    if losses:
        blames.append(Blame("loss", 0.95 if not activations else 0.8, values=losses))
    shown = "The last layer has no activation" if activation == "linear" else f"The last activation is {activation}"
    yield Hit(last, f"{shown}, but {loss.value} {reason}.", severity, blames=tuple(blames))


Found = tuple[float, str, tuple[Value, ...], tuple[Value, ...]]
"""Severity, reason, and the activations and losses to try."""


def _before_negative_log_likelihood(activation: str) -> Found | None:
    if activation == "log_softmax":
        return None
    losses = ("sparse_categorical_crossentropy(from_logits)",) if activation == "linear" else ()
    return OUTSIDE_DOMAIN, "expects log-softmax", ("log_softmax",), losses


def _before_logits(activation: str, loss: str, framework: str) -> Found | None:
    # Log-softmax of a log-softmax is the same again.
    if activation in ("linear", "log_softmax"):
        return None
    fits_without = activation == ("sigmoid" if loss in BINARY else "softmax")
    # PyTorch has no categorical cross-entropy of probabilities.
    losses = (loss,) if fits_without and (framework == "keras" or loss in BINARY) else ()
    return APPLIED_TWICE, "applies the last activation itself", ("linear",), losses


def _before_probabilities(activation: str, loss: str, units: int | None) -> Found | None:
    if loss in BINARY:
        # Softmax with a binary loss on one-hot labels is unusual but sound: each unit is a probability.
        if activation in ("sigmoid", "hard_sigmoid", "softmax"):
            return None
        losses = (f"{loss}(from_logits)",) if activation == "linear" else ()
        return OUTSIDE_DOMAIN, "expects probabilities", ("sigmoid",), losses
    if activation == "softmax":
        return None
    if units == 1:
        reason = "over a single unit is the same for every prediction"
        binary = "binary_crossentropy" if activation == "sigmoid" else "binary_crossentropy(from_logits)"
        return OUTSIDE_DOMAIN, reason, (), (binary,)
    if activation in ("sigmoid", "hard_sigmoid"):
        return RESCALED, "expects probabilities that sum to 1", ("softmax",), ("binary_crossentropy",)
    losses = (f"{loss}(from_logits)",) if activation == "linear" else ()
    return OUTSIDE_DOMAIN, "expects probabilities that sum to 1", ("softmax",), losses


_BCE, _CCE = '"binary_crossentropy"', '"categorical_crossentropy"'
_SCE_LOGITS = "keras.losses.SparseCategoricalCrossentropy(from_logits=True)"
_HIDDEN = 'Dense(32, activation="relu")'

rule = LintRule(
    check=_check,
    fires_on=(
        keras_program(_HIDDEN, "Dense(10)", loss=_CCE),
        keras_program(_HIDDEN, 'Dense(10, activation="linear")'),
        keras_program(_HIDDEN, "Dense(1)", loss=_BCE),
        keras_program(_HIDDEN, 'Dense(10, activation="relu")', loss=_CCE),
        keras_program(_HIDDEN, 'Dense(10, activation="softsign")', loss=_CCE),
        keras_program(_HIDDEN, 'Dense(1, activation="tanh")', loss=_BCE),
        keras_program(_HIDDEN, 'Dense(10, activation="sigmoid")', loss=_CCE),
        keras_program(_HIDDEN, 'Dense(1, activation="sigmoid")', loss=_CCE),
        keras_program(_HIDDEN, 'Dense(10, activation="softmax")', loss=_SCE_LOGITS),
        keras_program(
            _HIDDEN,
            'Dense(1, activation="sigmoid")',
            loss="keras.losses.BinaryCrossentropy(from_logits=True)",
        ),
        torch_program("Linear(20, 32)", "ReLU()", "Linear(32, 10)", "Softmax(dim=1)"),
        torch_program("Linear(20, 32)", "ReLU()", "Linear(32, 10)", "ReLU()"),
        torch_program("Linear(20, 32)", "ReLU()", "Linear(32, 1)", loss="BCELoss()"),
        torch_program("Linear(20, 32)", "ReLU()", "Linear(32, 1)", "Sigmoid()", loss="BCEWithLogitsLoss()"),
        torch_program("Linear(20, 32)", "ReLU()", "Linear(32, 10)", loss="NLLLoss()"),
    ),
    silent_on=(
        *HEALTHY,
        keras_program(_HIDDEN, "Dense(10)", loss=_SCE_LOGITS),
        keras_program(_HIDDEN, "Dense(10)", 'Activation("softmax")', loss=_CCE),
        keras_program(_HIDDEN, 'Dense(1, activation="sigmoid")', loss=_BCE),
        keras_program(_HIDDEN, 'Dense(2, activation="softmax")', loss=_BCE),
        keras_program(_HIDDEN, "Dense(1)", loss='"mean_squared_error"'),
        torch_program("Linear(20, 32)", "ReLU()", "Linear(32, 10)", "LogSoftmax(dim=1)", loss="NLLLoss()"),
        torch_program("Linear(20, 32)", "ReLU()", "Linear(32, 1)", "Sigmoid()", loss="BCELoss()"),
        torch_program("Linear(20, 32)", "ReLU()", "Linear(32, 1)", loss="BCEWithLogitsLoss()"),
        torch_program("Linear(20, 32)", "ReLU()", "Linear(32, 1)", loss="MSELoss()"),
    ),
)

"""What a trace says about the task: the form of the labels, and what fits together with what.

Loss, last activation and labels only work in certain combinations; the tables here are read by symptoms (to say that
a combination is wrong) and by operators (to say what would be right). They state the definitions of the losses and
activations, as in the Keras and PyTorch references; where several values are possible the usual one stands first.
"""

from __future__ import annotations

import math
from enum import StrEnum

from netmend.training.trace import ArrayStats, LayerInfo, Trace


class LabelForm(StrEnum):
    """How the labels are written."""

    BINARY = "0 or 1"
    SIGNED = "-1 or 1"
    INTEGER = "class numbers"
    ONE_HOT = "one-hot rows"
    MULTI_LABEL = "several 0 or 1 per row"
    REAL = "numbers"


INTEGER_LOSSES = frozenset({"sparse_categorical_crossentropy", "negative_log_likelihood"})
ONE_HOT_LOSSES = frozenset({"categorical_crossentropy", "categorical_focal_crossentropy"})
BINARY_LOSSES = frozenset({"binary_crossentropy", "binary_focal_crossentropy"})
CROSS_ENTROPIES = INTEGER_LOSSES | ONE_HOT_LOSSES | BINARY_LOSSES
SQUARED_LOSSES = frozenset({"mean_squared_error"})
ABSOLUTE_LOSSES = frozenset({"mean_absolute_error"})

# Image of each activation: the smallest and the greatest output, from its definition.
OUTPUT_RANGE: dict[str, tuple[float, float]] = {
    "relu": (0.0, math.inf),
    "relu6": (0.0, 6.0),
    "softplus": (0.0, math.inf),
    "exponential": (0.0, math.inf),
    "sigmoid": (0.0, 1.0),
    "hard_sigmoid": (0.0, 1.0),
    "softmax": (0.0, 1.0),
    "tanh": (-1.0, 1.0),
    "hard_tanh": (-1.0, 1.0),
    "softsign": (-1.0, 1.0),
    "elu": (-1.0, math.inf),
    "selu": (-1.7581, math.inf),  # lambda x alpha of Klambauer et al. 2017, equation 2
    "log_softmax": (-math.inf, 0.0),
    "log_sigmoid": (-math.inf, 0.0),
}


def loss_name(trace: Trace) -> str:
    """The loss without what it carries in brackets: "binary_crossentropy(from_logits)" is "binary_crossentropy"."""
    return trace.loss.partition("(")[0]


def from_logits(trace: Trace) -> bool:
    """The loss applies the last activation itself."""
    return trace.loss_from_logits or "from_logits" in trace.loss


def label_form(trace: Trace) -> LabelForm | None:
    """How the training labels are written; None if nothing is known of them.

    Whole numbers are taken for class numbers if the loss or the number of outputs says so, else for quantities.
    """
    labels = trace.labels
    if labels is None or not math.isfinite(labels.minimum + labels.maximum):
        return None
    if labels.one_hot:
        return LabelForm.ONE_HOT
    if not labels.integral:
        return LabelForm.REAL
    if loss_name(trace) in INTEGER_LOSSES and of_positions(trace, labels):
        return LabelForm.INTEGER
    if columns(labels) > 1:
        return LabelForm.MULTI_LABEL if labels.minimum >= 0 and labels.maximum <= 1 else LabelForm.REAL
    if loss_name(trace) in INTEGER_LOSSES:
        return LabelForm.INTEGER
    if labels.minimum >= 0 and labels.maximum <= 1:
        return LabelForm.INTEGER if output_width(trace) > 1 else LabelForm.BINARY
    if labels.minimum == -1 and labels.maximum == 1 and labels.distinct == 2:
        return LabelForm.SIGNED
    if labels.minimum >= 0 and labels.maximum < output_width(trace):
        return LabelForm.INTEGER
    return LabelForm.REAL


def of_positions(trace: Trace, labels: ArrayStats) -> bool:
    """Whether each row has a label for every position of a sequence or picture, and the model several outputs each."""
    return trace.outputs is not None and 1 <= len(labels.shape) == len(trace.outputs.shape) - 1


def columns(array: ArrayStats) -> int:
    """Values per row along the last axis."""
    return array.shape[-1] if array.shape else 1


def output_width(trace: Trace) -> int:
    """Values per row that the model puts out; 0 if unknown."""
    if trace.outputs is not None:
        return columns(trace.outputs)
    return next((layer.units for layer in reversed(trace.layers) if layer.role == "output" and layer.units), 0)


def output_layer(trace: Trace) -> tuple[int, LayerInfo] | None:
    """The layer whose activation comes last, with its number; None if the layers are unknown."""
    outputs = [(number, layer) for number, layer in enumerate(trace.layers) if layer.role == "output"]
    shaping = [pair for pair in outputs if pair[1].activation not in ("", "linear")]
    found = shaping or outputs
    return found[-1] if found else None


def output_activation(trace: Trace) -> str | None:
    """Canonical name of the last activation, "linear" if there is none; None if it cannot be told.

    A model may apply it in a function that no layer shows. So outputs that stay within [0, 1] although no layer of
    the model ends there are not called linear.
    """
    layer = output_layer(trace)
    if layer is None:
        return None
    if layer[1].activation not in ("", "linear"):
        return None if layer[1].activation == "custom" else layer[1].activation
    outputs = trace.outputs
    if outputs is not None and outputs.minimum >= 0 and outputs.maximum <= 1:
        return None
    return "linear"


def fitting_activations(trace: Trace) -> tuple[str, ...]:
    """Last activations that fit loss and labels, the usual one first; empty if nothing can be said."""
    loss, form, width = loss_name(trace), label_form(trace), output_width(trace)
    torch = trace.framework == "torch"
    if loss in CROSS_ENTROPIES and from_logits(trace):
        # The logarithm of a softmax is its own logits: log_softmax before a softmax loss changes nothing.
        return ("linear",) if loss in BINARY_LOSSES else ("linear", "log_softmax")
    if torch and loss in {"kullback_leibler_divergence", "poisson"}:  # both take logarithms there
        return ("log_softmax",) if loss != "poisson" else ("linear",)
    if loss == "negative_log_likelihood":
        return ("log_softmax",)
    if loss in BINARY_LOSSES:
        return ("sigmoid", "softmax") if width > 1 and form is LabelForm.ONE_HOT else ("sigmoid", "hard_sigmoid")
    if loss in INTEGER_LOSSES | ONE_HOT_LOSSES | {"kullback_leibler_divergence"}:
        return ("sigmoid",) if width == 1 else ("softmax",)
    if loss == "poisson":
        return ("exponential", "softplus")
    if loss in {"hinge", "squared_hinge"}:
        return ("tanh", "linear", "softsign")
    if form is LabelForm.ONE_HOT:
        return ("softmax", "sigmoid", "linear")
    if form in (LabelForm.BINARY, LabelForm.MULTI_LABEL):
        return ("sigmoid", "linear", "hard_sigmoid")
    if form is LabelForm.REAL:
        return ("linear",)
    return ()


def fitting_losses(trace: Trace) -> tuple[str, ...]:
    """Losses that fit the labels and the last activation, the usual one first; empty if nothing can be said.

    A loss on logits is written "NAME(from_logits)", as an element's canonical value is. PyTorch has one categorical
    cross-entropy; it takes logits, and class numbers as well as one-hot rows.
    """
    form, width, last = label_form(trace), output_width(trace), output_activation(trace)
    if form is None:
        return ()
    if form is LabelForm.REAL:
        return ("mean_squared_error", "mean_absolute_error", "huber")
    if form is LabelForm.SIGNED:
        return ("hinge", "squared_hinge", "mean_squared_error")
    if form is LabelForm.INTEGER and width == 1 and trace.labels is not None and trace.labels.maximum > 1:
        return ()  # no loss tells several classes apart by one output
    if form is LabelForm.INTEGER and width > 1:
        name = "sparse_categorical_crossentropy"
    elif form is LabelForm.ONE_HOT:
        name = "categorical_crossentropy"
    else:
        name = "binary_crossentropy"
    if trace.framework == "torch" and name != "binary_crossentropy":
        usual = "sparse_categorical_crossentropy(from_logits)"
        return ("negative_log_likelihood", usual) if last == "log_softmax" else (usual,)
    spelled = f"{name}(from_logits)" if last == "linear" else name
    return (spelled, "binary_crossentropy") if form is LabelForm.ONE_HOT and last == "sigmoid" else (spelled,)


def constant_loss(trace: Trace) -> float | None:
    """About the loss of a model that answers the same for every row; None if the loss or the labels are unknown.

    Cross-entropies: the logarithm of the number of classes, which is exact for equally common classes and too high
    otherwise. Squared error: the variance of the labels. Absolute error: 0.8 standard deviations (exact for normally
    distributed labels: sqrt(2 / pi)).
    """
    loss, labels = loss_name(trace), trace.labels
    if loss in BINARY_LOSSES:
        return math.log(2)
    if labels is None:
        return None
    if loss in INTEGER_LOSSES and labels.distinct > 1:
        return math.log(labels.distinct)
    if loss in ONE_HOT_LOSSES and columns(labels) > 1:
        return math.log(columns(labels))
    if loss in SQUARED_LOSSES and labels.std > 0:
        return labels.std**2
    if loss in ABSOLUTE_LOSSES and labels.std > 0:
        return math.sqrt(2 / math.pi) * labels.std
    return None

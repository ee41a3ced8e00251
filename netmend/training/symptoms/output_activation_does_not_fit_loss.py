"""The last activation and the loss do not belong together, so the loss is computed from the wrong kind of number.

What it is:
    A cross-entropy needs probabilities, or logits if it is told so. Softmax on a single unit always answers 1. An
    activation before a loss on logits is applied twice. The source may hide the combination (a variable, a
    configuration, a module built elsewhere); here it is read off the model and the loss that were really used.

How it is measured:
    1 if the combination cannot work, 0.8 if the loss gets what it does not expect and still has a gradient, 0 if it
    fits. Where no layer shows the last activation, outputs that all lie within [0, 1] before a loss on logits count as
    0.8: they have been through a softmax or a sigmoid. Not given where the loss cannot be told, nor for losses of
    regression (see `output-range-cannot-cover-labels`).

When it is wrong:
    Above 0.5. A last activation applied in a plain function, where no layer shows it, is mistaken for a linear output
    only if the outputs leave [0, 1].

References:
    Definitions of the losses in the Keras and PyTorch references. AutoTrainer (Zhang et al., TDSC 2024), improper
    output activation; UMLAUT (Schoop et al., CHI 2021), softmax before the loss; NeuraLint (Nikanjam et al., TOSEM
    2022), wrong last activation. Values and threshold are a convention: they only tell the cases apart.
"""

from __future__ import annotations

from netmend.program.blame import Blame, Value
from netmend.training.symptoms._base import Reading, Symptom
from netmend.training.symptoms._examples import (
    HEALTHY,
    array,
    classes,
    healthy,
    healthy_regression,
    healthy_torch,
    layer,
    one_hot,
)
from netmend.training.task import (
    BINARY_LOSSES,
    CROSS_ENTROPIES,
    LabelForm,
    fitting_activations,
    from_logits,
    label_form,
    loss_name,
    output_activation,
    output_layer,
    output_width,
)
from netmend.training.trace import Trace

FITS, WEAKENED, BROKEN = 0.0, 0.8, 1.0  # convention: only tells the cases apart

# What an activation makes of logits before a softmax still tells the classes apart.
GRADIENT_LEFT = frozenset({"softmax", "sigmoid", "hard_sigmoid", "tanh", "softsign", "log_softmax"})


def _measure(trace: Trace) -> tuple[Reading, ...]:
    loss, activation, last = loss_name(trace), output_activation(trace), output_layer(trace)
    if activation is None or last is None:
        return _unseen(trace)
    width, fitting = output_width(trace), fitting_activations(trace)
    one_unit_softmax = activation in ("softmax", "log_softmax") and width == 1
    if not one_unit_softmax and (loss not in CROSS_ENTROPIES or not fitting):
        return ()
    value, reason = _judge(trace, activation, width, fitting, one_unit_softmax)
    values: tuple[Value, ...] = tuple(name for name in fitting if name != activation)
    if one_unit_softmax and not values:
        values = ("linear",) if label_form(trace) is LabelForm.REAL else ("sigmoid",)
    blames = [Blame("activation", 0.95, role="output", layer=last[0], values=values)]
    if not one_unit_softmax and loss in CROSS_ENTROPIES:
        other = loss if from_logits(trace) else f"{loss}(from_logits)"
        # PyTorch's categorical cross-entropy has no form on probabilities, and NLLLoss none on logits.
        has_other = trace.framework != "torch" or loss in BINARY_LOSSES
        fits_other = (activation == "linear") != from_logits(trace)
        blames.append(Blame("loss", 0.8, values=(other,) if has_other and fits_other else ()))
    message = f"The last activation is {activation} ({width} outputs) and the loss {loss}: {reason}."
    severity = 1.0 if value == BROKEN else 0.5
    return (Reading(value, "output activation", message, tuple(blames), severity),)


def _unseen(trace: Trace) -> tuple[Reading, ...]:
    """Judge by the outputs alone where the last activation cannot be told."""
    outputs = trace.outputs
    if outputs is None or loss_name(trace) not in CROSS_ENTROPIES or not from_logits(trace):
        return ()
    bounded = outputs.minimum >= 0 and outputs.maximum <= 1
    message = (
        f"The outputs lie in [{outputs.minimum:.3g}, {outputs.maximum:.3g}] and the loss {loss_name(trace)} takes "
        "logits: it seems that an activation is applied twice."
    )
    blames = (Blame("activation", 0.95, role="output", values=("linear",)),)
    return (Reading(WEAKENED if bounded else FITS, "output activation", message, blames, severity=0.5),)


def _judge(
    trace: Trace, activation: str, width: int, fitting: tuple[str, ...], one_unit_softmax: bool
) -> tuple[float, str]:
    if one_unit_softmax:
        return BROKEN, "a softmax over one unit answers 1 whatever its input"
    if activation in fitting:
        return FITS, "they fit"
    if from_logits(trace):
        if activation in GRADIENT_LEFT:
            return WEAKENED, "the loss takes logits, so an activation is applied twice"
        return BROKEN, f"the loss takes logits of any size and sign, and {activation} lets not all of them through"
    expected = " or ".join(fitting)
    if activation in ("sigmoid", "softmax", "hard_sigmoid") and width > 1:
        return WEAKENED, f"it expects {expected}"
    return BROKEN, f"it expects {expected}"


def _ending_in(activation: str, loss: str, width: int = 10, logits: bool = False) -> Trace:
    labels = one_hot(width) if loss == "categorical_crossentropy" else classes(max(2, width))
    return healthy(
        loss=loss,
        loss_from_logits=logits,
        labels=labels,
        layers=(layer("dense", "relu", 64, 4160), layer("dense_1", activation, width, 650, "output")),
        outputs=array(-3, 9, shape=(width,)) if activation in ("", "linear") else array(0, 1, shape=(width,)),
    )


symptom = Symptom(
    measure=_measure,
    threshold=0.5,  # convention: between fits and does not fit
    above=True,
    fires_on=(
        _ending_in("softmax", "binary_crossentropy", width=1),
        _ending_in("softmax", "mean_squared_error", width=1),
        _ending_in("softmax", "sparse_categorical_crossentropy", logits=True),
        _ending_in("sigmoid", "binary_crossentropy", width=1, logits=True),
        _ending_in("linear", "categorical_crossentropy"),
        _ending_in("", "sparse_categorical_crossentropy"),
        _ending_in("relu", "categorical_crossentropy"),
        _ending_in("softsign", "categorical_crossentropy"),
        _ending_in("tanh", "binary_crossentropy", width=1),
        healthy_torch(outputs=array(0, 1, shape=(10,), mean=0.1, std=0.2)),
    ),
    silent_on=(
        *HEALTHY,
        healthy_regression(layers=()),
        healthy_torch(),
        _ending_in("softmax", "categorical_crossentropy"),
        _ending_in("softmax", "mean_squared_error"),
        _ending_in("linear", "sparse_categorical_crossentropy", logits=True),
        _ending_in("sigmoid", "custom", width=1),
    ),
)

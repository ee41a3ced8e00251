"""The last activation cannot answer what some labels ask for: its range does not reach them.

What it is:
    A ReLU, softplus or exponential output is never negative, a sigmoid stays within 0 and 1, tanh and softsign within
    -1 and 1. Labels outside that range can never be met, however long the training.

How it is measured:
    The part of the labels' range (greatest less smallest) that lies outside the activation's range. Not given where
    the labels are class numbers, which no output has to equal, nor where the loss applies an activation of its own.

When it is wrong:
    Above 0.01. The program may rescale outputs or labels after the last layer, where no layer shows it.

References:
    The rule: DeepDiagnosis (Wardat et al., ICSE 2022), "output range cannot cover the labels". The ranges are the
    definitions of the activations. The allowance of 1 % for single outliers is our own.
"""

from __future__ import annotations

from netmend.program.blame import Blame, Value
from netmend.training.symptoms._base import Reading, Symptom
from netmend.training.symptoms._examples import (
    array,
    classes,
    healthy,
    healthy_regression,
    healthy_torch,
    layer,
    moments,
    one_hot,
)
from netmend.training.task import OUTPUT_RANGE, LabelForm, from_logits, label_form, output_activation, output_layer
from netmend.training.trace import Trace

UNCOVERED = 0.01  # own convention, see References


def _measure(trace: Trace) -> tuple[Reading, ...]:
    labels, form, activation, last = trace.labels, label_form(trace), output_activation(trace), output_layer(trace)
    if labels is None or last is None or activation not in OUTPUT_RANGE or from_logits(trace):
        return ()
    if form in (None, LabelForm.INTEGER):
        return ()
    low, high = OUTPUT_RANGE[activation]
    outside = max(0.0, low - labels.minimum) + max(0.0, labels.maximum - high)
    width = labels.maximum - labels.minimum
    share = min(1.0, outside / width) if width > 0 else float(outside > 0)
    values: tuple[Value, ...] = ("linear",)
    if labels.minimum >= -1 and labels.maximum <= 1:
        values = ("linear", "sigmoid" if labels.minimum >= 0 else "tanh")
    message = (
        f"The labels lie in [{labels.minimum:.4g}, {labels.maximum:.4g}], but {activation} of layer {last[1].name} "
        f"cannot leave [{low:.4g}, {high:.4g}]."
    )
    blames = (Blame("activation", 0.95, role="output", layer=last[0], values=values),)
    return (Reading(share, "output activation", message, blames, severity=min(1.0, 0.6 + 0.4 * share)),)


def _ending_in(activation: str) -> Trace:
    return healthy_regression(layers=(layer("dense", "relu", 64, 4160), layer("out", activation, 1, 65, "output")))


symptom = Symptom(
    measure=_measure,
    threshold=UNCOVERED,
    above=True,
    fires_on=tuple(_ending_in(name) for name in ("relu", "softplus", "exponential", "sigmoid", "tanh", "softsign")),
    silent_on=(
        healthy(),
        healthy_regression(),
        healthy_torch(),
        healthy(labels=one_hot(10), loss="mean_squared_error"),
        healthy(loss="mean_squared_error", labels=classes(10)),
        healthy_regression(
            labels=array(0.1, 0.9, std=0.2),
            layers=(layer("out", "sigmoid", 1, 65, "output"),),
            stats=moments("out"),
        ),
    ),
)

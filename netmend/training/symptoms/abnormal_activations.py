"""The outputs of a hidden layer are far larger than the scale on which networks learn well.

What it is:
    Unscaled inputs, large initial weights or an unbounded activation such as the exponential; each layer enlarges what
    the one before gives it.

How it is measured:
    Per hidden layer with weights or an activation, the mean absolute output, at the last moment measured.

When it is wrong:
    Above 10. Wide ReLU layers on inputs that are not scaled pass it and may still learn.

References:
    AutoTrainer (Zhang et al., TDSC 2024), default of its abnormal-data rule: 10 or more. That outputs of usual size
    before training speak for the steps, and against the initial weights, is our own reading.
"""

from __future__ import annotations

from netmend.program.blame import Blame
from netmend.training.curves import has_learned
from netmend.training.symptoms import unscaled_inputs
from netmend.training.symptoms._base import Reading, Symptom
from netmend.training.symptoms._examples import healthy, healthy_regression, healthy_torch, sick, unlearned
from netmend.training.symptoms._layers import Watched, watched
from netmend.training.symptoms._values import learning_rates
from netmend.training.trace import Trace

MEAN_ABSOLUTE = 10.0  # AutoTrainer, default
UNBOUNDED = frozenset({"exponential", "linear", ""})  # grow with their input, or faster


def _measure(trace: Trace) -> tuple[Reading, ...]:
    layers = (
        (layer, layer.last("output_abs_mean"))
        for layer in watched(trace)
        if layer.info.role != "output" and (layer.info.parameters > 0 or layer.info.activation)
    )
    return tuple(_reading(trace, layer, size) for layer, size in layers if size is not None)


def _reading(trace: Trace, layer: Watched, size: float) -> Reading:
    activation = layer.info.activation
    grown = layer.values("output_abs_mean")[0] <= MEAN_ABSOLUTE  # not before training: the steps did it
    unscaled = bool(unscaled_inputs.symptom.fires(trace))  # large because they were given large numbers
    values = ("relu", "tanh") if activation in UNBOUNDED else ("tanh",)
    blames = (
        Blame("activation", 0.6 if activation == "exponential" else 0.3, layer=layer.number, values=values),
        *((Blame("input-scaling", 0.7),) if unscaled else ()),
        Blame(
            "initialiser", 0.2 if grown or unscaled else 0.5, layer=layer.number, values=("glorot_uniform", "he_normal")
        ),
        Blame("learning-rate", 0.6 if grown else 0.4, values=learning_rates(trace, 0.1, 0.01)),
        Blame("gradient-clipping", 0.6 if grown else 0.2, values=("global_norm(1)", "value(0.5)")),
    )
    message = f"The mean absolute output of layer {layer.info.name} is {size:.3g}."
    return Reading(size, layer.info.name, message, blames, severity=0.2 if has_learned(trace) else 0.6)


symptom = Symptom(
    measure=_measure,
    threshold=MEAN_ABSOLUTE,
    above=True,
    fires_on=(sick(unlearned(), "dense", output_abs_mean=400.0),),
    silent_on=(
        healthy(),
        healthy_regression(),
        healthy_torch(),
        unlearned(),
        sick(unlearned(), "dense_1", output_abs_mean=400.0),
    ),
)

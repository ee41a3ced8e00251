"""The weights of a layer are the same after training as before.

What it is:
    No gradient reaches the layer: the output activation is constant, the units behind it are dead, the initial weights
    are all 0, the layer's weights were never given to the optimiser, or `forward` computes it without gradients.

How it is measured:
    Per layer with trainable weights, the greater relative change of their norm and of their standard deviation between
    the first and the last moment measured, with at least one epoch between.

When it is wrong:
    Below 1.2e-7, the spacing of 32-bit floats at 1: any real update of the norm is larger. Frozen layers have no
    trainable weights and are not measured.

References:
    DeepLocalize (Wardat et al., ICSE 2021), unchanged tensor, and DeepFD (Cao et al., ICSE 2022), unchanged weight mean
    and deviation. The bound is the rounding of the numbers.
"""

from __future__ import annotations

from netmend.program.blame import Blame
from netmend.training.symptoms._base import Reading, Symptom
from netmend.training.symptoms._examples import EPOCHS, healthy, healthy_regression, healthy_torch, sick
from netmend.training.symptoms._layers import Watched, watched
from netmend.training.symptoms._values import hidden, learning_rates
from netmend.training.trace import LayerStats, Trace

SPACING = 1.2e-7  # 2 ** -23, rounded up


def _measure(trace: Trace) -> tuple[Reading, ...]:
    readings = []
    for layer in watched(trace):
        moments_apart = layer.moments[-1].epoch - layer.moments[0].epoch
        norms, spreads = layer.values("weight_norm"), layer.values("weight_std")
        if moments_apart < 1 or layer.info.parameters < 1 or trace.updates < 1 or len(norms) < 2:
            continue
        change = max(_change(norms), _change(spreads) if len(spreads) > 1 else 0.0)
        readings.append(_reading(trace, layer, norms[-1], change))
    return tuple(readings)


def _change(values: tuple[float, ...]) -> float:
    first, last = values[0], values[-1]
    return abs(last - first) / max(abs(first), abs(last)) if first != last else 0.0


def _reading(trace: Trace, layer: Watched, norm: float, change: float) -> Reading:
    blames = (
        Blame("training-step", 0.95, layer=layer.number, values=(None,)),
        Blame("initialiser", 0.9 if norm == 0 else 0.4, layer=layer.number, values=("glorot_uniform", "he_normal")),
        Blame("activation", 0.6, role="output"),
        *hidden("activation", 0.4, ("relu", "elu")),
        Blame("learning-rate", 0.3, values=learning_rates(trace, 100, 10)),
        Blame("loss", 0.3),
    )
    told = f"changed the norm of the weights of layer {layer.info.name} by {change:.1g} of it"
    if change == 0:
        told = f"left the norm of the weights of layer {layer.info.name} exactly as it was"
    message = f"{trace.updates} updates {told}."
    return Reading(change, layer.info.name, message, blames, severity=0.9)


def _at(epoch: int) -> LayerStats:
    return LayerStats("dense", epoch, gradient_norm=0.0, weight_norm=0.0, weight_std=0.0)


symptom = Symptom(
    measure=_measure,
    threshold=SPACING,
    above=False,
    fires_on=(
        sick(healthy(), "dense", weight_norm=8.0, weight_std=0.1),
        healthy(stats=(_at(0), _at(EPOCHS))),
    ),
    silent_on=(
        healthy(),
        healthy_regression(),
        healthy_torch(),
        healthy(stats=(_at(0),)),
        healthy(stats=(_at(0), _at(EPOCHS)), layers=healthy_torch().layers),
    ),
)

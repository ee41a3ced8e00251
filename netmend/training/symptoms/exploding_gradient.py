"""The gradient grows on its way back, so that the first layer is thrown about.

What it is:
    Each layer multiplies the gradient that passes back through it. Where most factors are large (weights or inputs
    out of scale, exponential activations) the first layers get huge steps and the loss jumps or becomes NaN.

How it is measured:
    L2 norm of the gradient of the first layer with weights over that of the last one, greatest over all moments
    measured. Given only for a run that has not learned. Gradients that became NaN are `nonfinite-training`.

When it is wrong:
    Above 70. Unscaled inputs raise the first layer's gradient as well: see `unscaled-inputs` first.

References:
    The number and the restriction to runs that have not learned: AutoTrainer (Zhang et al., ICSE 2021), default of its
    exploding-gradient rule. The restriction by loss, where no accuracy is reported, is our own.
"""

from __future__ import annotations

from netmend.program.blame import Blame
from netmend.training.curves import has_learned
from netmend.training.symptoms._base import Reading, Symptom
from netmend.training.symptoms._examples import healthy, healthy_regression, healthy_torch, sick, unlearned
from netmend.training.symptoms._layers import gradient_ratios
from netmend.training.symptoms._values import hidden, learning_rates
from netmend.training.trace import Trace

RATIO = 70.0  # AutoTrainer, default


def _measure(trace: Trace) -> tuple[Reading, ...]:
    moments = gradient_ratios(trace)
    if not moments or has_learned(trace):
        return ()
    ratio, first = max(moments)
    message = f"The gradient norm of the first layer reached {first:.2g}, {ratio:.3g} times that of the last layer."
    blames = (
        Blame("learning-rate", 0.5, values=learning_rates(trace, 0.1, 0.01)),
        Blame("initialiser", 0.5, values=("glorot_uniform", "he_normal")),
        # AutoTrainer repairs it with SELU, ReLU, clipping, then tanh.
        *hidden("activation", 0.5, ("relu", "selu", "tanh")),
        Blame("gradient-clipping", 0.5, values=("global_norm(1)", "value(0.5)")),
        Blame("normalisation", 0.4, values=("batch_normalization",)),
    )
    return (Reading(ratio, "gradients", message, blames, severity=0.6),)


symptom = Symptom(
    measure=_measure,
    threshold=RATIO,
    above=True,
    fires_on=(sick(unlearned(), "dense", gradient_norm=1e4),),
    silent_on=(
        healthy(),
        healthy_regression(),
        healthy_torch(),
        unlearned(),
        sick(healthy(), "dense", gradient_norm=1e4),
        sick(unlearned(), "dense_1", gradient_norm=0.0),
    ),
)

"""The gradient all but disappears on its way back to the first layer, which then hardly learns.

What it is:
    Each layer multiplies the gradient that passes back through it. Where most factors are small (saturated sigmoids,
    badly scaled weights, many layers) the first layers get almost nothing and keep their random weights.

How it is measured:
    L2 norm of the gradient of the first layer with weights over that of the last one, median over all moments
    measured. A reading is given only while the first layer's norm is below 1e-4 too, and only for a run that has not
    learned: at the end of a good training all gradients are small.

When it is wrong:
    Below 1e-3. The first layers may be frozen on purpose; frozen layers have no gradient and are not measured.

References:
    Both numbers and the restriction to runs that have not learned: AutoTrainer (Zhang et al., ICSE 2021), defaults of
    its vanishing-gradient rule. The restriction by loss, where no accuracy is reported, is our own.
"""

from __future__ import annotations

from statistics import median

from netmend.program.blame import Blame
from netmend.training.curves import has_learned
from netmend.training.symptoms._base import Reading, Symptom
from netmend.training.symptoms._examples import healthy, healthy_regression, healthy_torch, sick, unlearned
from netmend.training.symptoms._layers import gradient_ratios
from netmend.training.symptoms._values import hidden
from netmend.training.trace import Trace

RATIO = 1e-3  # AutoTrainer, default
FIRST_NORM = 1e-4  # AutoTrainer, default


def _measure(trace: Trace) -> tuple[Reading, ...]:
    moments = gradient_ratios(trace)
    if not moments or has_learned(trace):
        return ()
    ratio, first = median(ratio for ratio, _ in moments), median(first for _, first in moments)
    if first >= FIRST_NORM:
        return ()
    message = "The gradient of the first layer is 0."
    if first > 0:
        message = f"The gradient norm of the first layer is {first:.2g}, {ratio:.2g} times that of the last layer."
    blames = (
        # AutoTrainer repairs it with SELU, then ReLU; relu is also the commonest hidden activation.
        *hidden("activation", 0.7, ("relu", "selu", "elu")),
        Blame("initialiser", 0.4, values=("glorot_uniform", "he_normal")),
        Blame("normalisation", 0.4, values=("batch_normalization",)),  # the second repair AutoTrainer tries
        Blame("activation", 0.3, role="output"),
    )
    return (Reading(ratio, "gradients", message, blames, severity=0.7),)


symptom = Symptom(
    measure=_measure,
    threshold=RATIO,
    above=False,
    fires_on=(sick(unlearned(), "dense", gradient_norm=1e-7), sick(unlearned(), "dense", gradient_norm=0.0)),
    silent_on=(
        healthy(),
        healthy_regression(),
        healthy_torch(),
        unlearned(),
        sick(healthy(), "dense", gradient_norm=1e-7),
        sick(sick(unlearned(), "dense", gradient_norm=1e-7), "dense_1", gradient_norm=1e-6),
    ),
)

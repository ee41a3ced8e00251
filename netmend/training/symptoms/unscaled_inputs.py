"""The inputs are far from the scale that initial weights and usual learning rates are made for.

What it is:
    Pixels from 0 to 255, prices in the thousands. The first layer's outputs and gradients grow with the inputs, so that
    a usual rate is too large and sigmoids start saturated.

How it is measured:
    The root mean square of the training inputs. Whole numbers that go into an embedding are names, not quantities, and
    are not measured.

When it is wrong:
    Above 10. Batch normalisation or a rescaling layer at the front makes up for it.

References:
    UMLAUT (Schoop et al., CHI 2021) and DeepDiagnosis (Wardat et al., ICSE 2022) warn of any input outside [-1, 1],
    which every standardised data set breaks. Ten times that bound, and the root mean square in place of the extremes,
    are our own convention.
"""

from __future__ import annotations

import math

from netmend.program.blame import Blame
from netmend.training.curves import has_learned
from netmend.training.symptoms._base import Reading, Symptom
from netmend.training.symptoms._examples import (
    array,
    healthy,
    healthy_regression,
    healthy_torch,
    layer,
    unlearned,
)
from netmend.training.symptoms._values import learning_rates
from netmend.training.trace import Trace

ROOT_MEAN_SQUARE = 10.0  # own convention, see References
SCALING = ("rescaling", "normalization", "batchnorm")  # parts of class names, lower case


def _measure(trace: Trace) -> tuple[Reading, ...]:
    inputs = trace.inputs
    kinds = [layer.kind.lower() for layer in trace.layers if layer.kind not in ("InputLayer", "Flatten", "Reshape")]
    first = kinds[0] if kinds else ""
    numbered = inputs is not None and inputs.integral and any(kind.startswith("embedding") for kind in kinds)
    if inputs is None or numbered or first.startswith("embedding") or any(part in first for part in SCALING):
        return ()
    size = math.hypot(inputs.mean, inputs.std)
    if not math.isfinite(size):
        return ()
    message = (
        f"The inputs lie in [{inputs.minimum:.4g}, {inputs.maximum:.4g}] with a root mean square of {size:.3g}; "
        "scale them to about 1."
    )
    blames = (
        Blame("input-scaling", 0.8),
        Blame("learning-rate", 0.3, values=learning_rates(trace, 0.1, 0.01)),
        Blame("optimiser", 0.2, values=() if trace.optimiser == "adam" else ("adam",)),
    )
    return (Reading(size, "inputs", message, blames, severity=0.2 if has_learned(trace) else 0.5),)


symptom = Symptom(
    measure=_measure,
    threshold=ROOT_MEAN_SQUARE,
    above=True,
    fires_on=(unlearned(inputs=array(0, 255)), healthy(inputs=array(-5000, -4000))),
    silent_on=(
        healthy(),
        healthy_regression(),
        healthy_torch(),
        healthy(inputs=array(-4, 14, mean=0.0, std=1.0)),
        healthy(inputs=array(0, 255), layers=(layer("r", "", 0, 0, kind="Rescaling"),)),
        healthy(inputs=array(0, 9999, integral=True), layers=(layer("e", "", 0, 0, kind="Embedding"),)),
        healthy(
            inputs=array(0, 9999, integral=True),
            layers=(layer("d", "", 0, 0, kind="Dropout"), layer("e", "", 1, 0, kind="Embedding")),
        ),
    ),
)

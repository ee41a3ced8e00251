"""Most outputs of a hidden sigmoid or tanh layer sit at their bounds, where the gradient is nearly 0.

What it is:
    A sigmoid or tanh whose input is far from 0 answers its bound and passes almost no gradient back. Large weights,
    large rates or unscaled inputs drive it there.

How it is measured:
    Per hidden layer, the share of outputs that belong to inputs beyond +-5, at the last moment measured. The output
    layer is left out: a sure classifier ends in a saturated sigmoid.

When it is wrong:
    Above 0.5. Gates that are meant to be open or shut saturate in a healthy network.

References:
    Both numbers: DeepLocalize (Wardat et al., ICSE 2021), saturated-activation rule. Leaving out the output layer is
    our own.
"""

from __future__ import annotations

from netmend.program.blame import Blame
from netmend.training.curves import has_learned
from netmend.training.symptoms._base import Reading, Symptom
from netmend.training.symptoms._examples import healthy, healthy_regression, healthy_torch, sick, unlearned
from netmend.training.symptoms._layers import Watched, watched
from netmend.training.symptoms._values import learning_rates
from netmend.training.trace import Trace

SATURATED_SHARE = 0.5  # DeepLocalize


def _measure(trace: Trace) -> tuple[Reading, ...]:
    layers = ((layer, layer.last("saturated_share")) for layer in watched(trace) if layer.info.role != "output")
    return tuple(_reading(trace, layer, share) for layer, share in layers if share is not None)


def _reading(trace: Trace, layer: Watched, share: float) -> Reading:
    blames = (
        Blame("activation", 0.6, layer=layer.number, values=("relu", "elu")),
        Blame("initialiser", 0.5, values=("glorot_uniform",)),
        Blame("learning-rate", 0.4, values=learning_rates(trace, 0.1, 0.01)),
    )
    message = f"{share:.0%} of the outputs of layer {layer.info.name} ({layer.info.activation}) are at their bounds."
    return Reading(share, layer.info.name, message, blames, severity=0.3 if has_learned(trace) else 0.6)


symptom = Symptom(
    measure=_measure,
    threshold=SATURATED_SHARE,
    above=True,
    fires_on=(sick(unlearned(), "dense", saturated_share=0.9), sick(healthy(), "dense", saturated_share=0.6)),
    silent_on=(
        healthy(),
        healthy_regression(),
        healthy_torch(),
        sick(healthy(), "dense_1", saturated_share=0.9),
        sick(unlearned(), "dense", saturated_share=0.3),
    ),
)

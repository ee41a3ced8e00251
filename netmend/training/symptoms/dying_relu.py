"""Most units of a ReLU layer answer 0 to every row, so they pass nothing on and learn nothing.

What it is:
    A ReLU unit whose input is negative for every row has gradient 0 and stays as it is. Large steps, bad initial
    weights or a large negative bias put units there.

How it is measured:
    Per ReLU layer, the share of units that are 0 for every row of the watched batch, at the last moment measured.
    Given only for a run that has not learned.

When it is wrong:
    Above 0.7. A batch with few rows makes units look dead that wake up for other rows.

References:
    The number: AutoTrainer (Zhang et al., ICSE 2021) asks for 70 % of all gradient entries, DeepDiagnosis (Wardat et
    al., ICSE 2022) for 70 % of the outputs of a layer. We count units instead: with sparse inputs, such as bags of
    words, most gradient entries of the first layer are 0 in a healthy network.
"""

from __future__ import annotations

from netmend.program.blame import Blame
from netmend.training.curves import has_learned
from netmend.training.symptoms._base import Reading, Symptom
from netmend.training.symptoms._examples import healthy, healthy_regression, healthy_torch, sick, unlearned
from netmend.training.symptoms._layers import Watched, watched
from netmend.training.symptoms._values import learning_rates
from netmend.training.trace import Trace

DEAD_SHARE = 0.7  # AutoTrainer and DeepDiagnosis
RELU_LIKE = frozenset({"relu", "relu6"})


def _measure(trace: Trace) -> tuple[Reading, ...]:
    if has_learned(trace):
        return ()
    layers = ((layer, layer.last("dead_share")) for layer in watched(trace) if layer.info.activation in RELU_LIKE)
    return tuple(_reading(trace, layer, share) for layer, share in layers if share is not None)


def _reading(trace: Trace, layer: Watched, share: float) -> Reading:
    blames = (
        Blame("activation", 0.6, layer=layer.number, values=("selu", "elu", "leaky_relu")),  # AutoTrainer's order
        Blame("learning-rate", 0.5, values=learning_rates(trace, 0.1, 0.01)),
        Blame("initialiser", 0.5, values=("he_normal", "glorot_uniform")),
        Blame("bias-initialiser", 0.5, values=("zeros",)),
    )
    message = f"{share:.0%} of the units of layer {layer.info.name} are 0 for every row."
    return Reading(share, layer.info.name, message, blames, severity=0.7)


symptom = Symptom(
    measure=_measure,
    threshold=DEAD_SHARE,
    above=True,
    fires_on=(sick(unlearned(), "dense", dead_share=0.95),),
    silent_on=(
        healthy(),
        healthy_regression(),
        healthy_torch(),
        unlearned(),
        sick(unlearned(), "dense_1", dead_share=0.95),
        sick(healthy(), "dense", dead_share=0.95),
    ),
)

"""Loss, weights, gradients or predictions became NaN or infinite: nothing learned after that moment.

What it is:
    A number grew beyond what the format holds, or was undefined (0 / 0, the logarithm of 0). NaN spreads to all
    weights within one update.

How it is measured:
    Separately: the share of epochs with a non-finite training or validation loss; the share of watched moments with a
    non-finite weight, gradient or output, over all layers; the share of non-finite values among inputs, labels and
    predictions.

When it is wrong:
    Above 0: one is enough.

References:
    The first check of DeepLocalize (Wardat et al., ICSE 2021), of AutoTrainer (Zhang et al., ICSE 2021) as part of its
    exploding-gradient rule, and of UMLAUT (Schoop et al., CHI 2021), which also asks whether the inputs were NaN.
"""

from __future__ import annotations

import math

from netmend.program.blame import Blame
from netmend.training.symptoms._base import Reading, Symptom
from netmend.training.symptoms._examples import (
    EPOCHS,
    array,
    curves,
    falling,
    healthy,
    healthy_regression,
    healthy_torch,
    sick,
)
from netmend.training.symptoms._values import learning_rates
from netmend.training.trace import ArrayStats, Trace


def _measure(trace: Trace) -> tuple[Reading, ...]:
    blames = (
        Blame("learning-rate", 0.9, values=learning_rates(trace, 0.1, 0.01)),
        Blame("loss", 0.5),
        Blame("gradient-clipping", 0.4, values=("global_norm(1)", "value(0.5)")),
        Blame("activation", 0.5),
        Blame("initialiser", 0.4, values=("glorot_uniform", "he_normal")),
        Blame("optimiser", 0.3, values=() if trace.optimiser == "adam" else ("adam",)),
    )
    readings = []
    for quantity in ("loss", "val_loss"):
        values = trace.series(quantity)
        bad = [number for number, value in enumerate(values, 1) if not math.isfinite(value)]
        if values:
            message = f"{quantity} is not a number in {len(bad)} of {len(values)} epochs" + (
                f", first in epoch {bad[0]}." if bad else "."
            )
            readings.append(Reading(len(bad) / len(values), quantity, message, blames, severity=1.0))
    if trace.stats:
        sick_layers = [stats for stats in trace.stats if stats.nonfinite > 0]
        message = f"{len(sick_layers)} of {len(trace.stats)} layer measurements hold NaN or infinite numbers" + (
            f", first in layer {sick_layers[0].layer} after epoch {sick_layers[0].epoch}." if sick_layers else "."
        )
        readings.append(Reading(len(sick_layers) / len(trace.stats), "layers", message, blames, severity=1.0))
    for where, stats, causes in (
        ("inputs", trace.inputs, ()),  # no element of the program holds the data
        ("labels", trace.labels, ()),
        ("predictions", trace.outputs, blames),
    ):
        if stats is not None:
            message = f"{stats.nonfinite} of the values of the {where} are NaN or infinite."
            readings.append(Reading(_share(stats), where, message, causes, severity=1.0))
    return tuple(readings)


def _share(stats: ArrayStats) -> float:
    return stats.nonfinite / max(1, stats.rows, stats.nonfinite)


_BREAKS = (*falling(2.1, 0.5, epochs=EPOCHS - 5), *(math.nan,) * 5)

symptom = Symptom(
    measure=_measure,
    threshold=0.0,  # one non-finite number is enough; every tool named above counts it so
    above=True,
    fires_on=(
        healthy(epochs=curves(loss=_BREAKS)),
        healthy_regression(epochs=curves(loss=(math.inf,) * 3)),
        sick(healthy(), "dense", nonfinite=7),
        healthy(inputs=array(0, 1, nonfinite=3)),
        healthy(outputs=array(math.nan, math.nan, nonfinite=450)),
    ),
    silent_on=(healthy(), healthy_regression(), healthy_torch()),
)

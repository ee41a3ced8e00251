"""What a learned localiser sees of one run: numbers that mean the same in every program.

After DeepFD (Cao et al., ICSE 2022, section 3): symptoms of the run and summaries of its curves. Added: static rules
that fired, and the configuration of the run as the probe saw it, both of which cost nothing.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from netmend.program.lint._base import Hit
from netmend.training.symptoms._base import Reading
from netmend.training.trace import LayerInfo, Trace

LEAST, MOST = 1e-12, 1e12
"""Bounds of a magnitude before its logarithm is taken: beyond them a run has vanished or exploded, however far."""

FAMILIES: Mapping[str, tuple[str, ...]] = {
    "squashing": ("sigmoid", "tanh", "hard_sigmoid", "softsign"),
    "rectifying": ("relu", "leaky_relu", "elu", "selu", "gelu", "silu", "softplus", "relu6", "mish"),
    "softmax": ("softmax", "log_softmax"),
    "linear": ("", "linear"),
}
"""Activations that behave alike in training; all others are a family of their own."""


def features(
    trace: Trace, fired: Iterable[tuple[str, Reading]], hits: Iterable[tuple[str, Hit]] = ()
) -> dict[str, float]:
    """Numbers by name; what was not measured is left out.

    Args:
        trace: of one run, with layer statistics.
        fired: symptoms with their names. hits: static rules with their names.
    """
    found: dict[str, float] = {}
    severities = [(name, reading.severity) for name, reading in fired] + [(name, hit.severity) for name, hit in hits]
    for name, severity in severities:
        found[f"finding {name}"] = max(found.get(f"finding {name}", 0.0), severity)
    found.update(_run(trace))
    for quantity in ("loss", "val_loss", "accuracy", "val_accuracy"):
        found.update(_curve(quantity, trace.series(quantity)))
    found.update(_layers(trace))
    return {name: value for name, value in found.items() if math.isfinite(value)}


def _run(trace: Trace) -> dict[str, float]:
    """How the run was configured."""
    rows = trace.inputs.rows if trace.inputs else 0
    found = {
        "log learning rate": _log(trace.learning_rate),
        "log updates": _log(trace.updates),
        "log epochs": _log(len(trace.epochs)),
        "log batch share": _log(trace.batch_size / rows) if rows else math.nan,
        "logits": float(trace.loss_from_logits),
        "adaptive optimiser": float("ada" in trace.optimiser or trace.optimiser in ("nadam", "rmsprop")),
        "loss of classes": float("crossentropy" in trace.loss or "hinge" in trace.loss),
        "penalised layers": float(sum(bool(layer.regulariser) for layer in trace.layers)),
        "constant initialisers": float(
            sum(layer.initialiser in ("zeros", "ones", "constant") for layer in trace.layers)
        ),
    }
    if trace.labels is not None:
        found |= {"labels integral": float(trace.labels.integral), "labels one-hot": float(trace.labels.one_hot)}
        found["log label classes"] = _log(trace.labels.distinct)
        found["label imbalance"] = trace.labels.largest_share
    for role in ("hidden", "output"):
        layers = [layer for layer in trace.layers if layer.role == role]
        for family in (*FAMILIES, "other"):
            found[f"{family} {role}"] = float(sum(_family(layer) == family for layer in layers if _counts(layer)))
    return found


def _curve(name: str, values: Sequence[float]) -> dict[str, float]:
    """DeepFD summarises curves by moments; these ratios do not depend on the scale of the loss."""
    series = np.clip([value for value in values if math.isfinite(value)], -MOST, MOST)
    found = {f"{name} not finite": float(len(series) < len(values))}
    if len(series) < 2:
        return found
    steps = np.diff(series)
    scale = max(float(np.abs(series).max()), LEAST)
    late = series[-max(2, len(series) // 4) :]
    return found | {
        f"{name} log last": _log(abs(series[-1])),
        f"{name} last to first": _log(abs(series[-1])) - _log(abs(series[0])),
        f"{name} last above least": float(series[-1] - series.min()) / scale,
        f"{name} rising share": float(np.mean(steps > 0)),
        f"{name} unchanged share": float(np.mean(steps == 0)),
        f"{name} roughness": float(np.mean(np.abs(steps))) / scale,
        f"{name} late slope": float(late[-1] - late[0]) / scale,
        f"{name} deviation": float(series.std()) / scale,
    }


def _layers(trace: Trace) -> dict[str, float]:
    """The least, the largest and the last of each statistic over the layers, after the last epoch."""
    last = max((each.epoch for each in trace.stats), default=0)
    stats = [each for each in trace.stats if each.epoch == last]
    found = {"layers not finite": float(sum(each.nonfinite > 0 for each in stats))}
    for name in ("gradient_abs_mean", "update_ratio", "weight_std", "output_std", "output_abs_mean"):
        found |= _spread(f"log {name}", [_log(getattr(each, name)) for each in stats])
    for name in ("gradient_zero_share", "dead_share", "saturated_share", "output_zero_share"):
        found |= _spread(name, [getattr(each, name) for each in stats])
    return found


def _spread(name: str, values: Iterable[float]) -> dict[str, float]:
    known = [value for value in values if math.isfinite(value)]
    if not known:
        return {}
    return {f"{name} least": min(known), f"{name} largest": max(known), f"{name} last": known[-1]}


def _log(value: float) -> float:
    return math.nan if math.isnan(value) else math.log10(min(max(value, LEAST), MOST))


def _family(layer: LayerInfo) -> str:
    return next((family for family, names in FAMILIES.items() if layer.activation in names), "other")


def _counts(layer: LayerInfo) -> bool:
    """An activation, or a layer with weights: a pooling layer without activation says nothing."""
    return bool(layer.activation or layer.parameters)

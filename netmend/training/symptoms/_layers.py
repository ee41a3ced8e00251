"""What was measured at the layers of a run, without the gaps."""

from __future__ import annotations

import math
from dataclasses import dataclass
from statistics import median

from netmend.training.trace import LayerInfo, LayerStats, Trace

# Optimisers that scale every step by the gradient's own size, so that each weight moves by about the learning rate
# whatever the gradient (Kingma and Ba 2015, section 2.1).
SCALE_FREE = frozenset({"adam", "adamw", "nadam", "adamax", "rmsprop", "radam", "lion"})
# Optimisers whose step is learning rate x gradient.
PLAIN = frozenset({"sgd"})


@dataclass(frozen=True, slots=True)
class Watched:
    """One layer with everything measured there, oldest first."""

    number: int
    info: LayerInfo
    moments: tuple[LayerStats, ...]

    def values(self, field: str) -> tuple[float, ...]:
        """The finite values of one field of `LayerStats`, oldest first."""
        found = (float(getattr(stats, field)) for stats in self.moments)
        return tuple(value for value in found if math.isfinite(value))

    def last(self, field: str) -> float | None:
        """The latest finite value of a field, or None."""
        values = self.values(field)
        return values[-1] if values else None


def watched(trace: Trace) -> tuple[Watched, ...]:
    """Every layer for which something was measured, in order of appearance."""
    layers = []
    for number, info in enumerate(trace.layers):
        moments = sorted((stats for stats in trace.stats if stats.layer == info.name), key=lambda stats: stats.epoch)
        if moments:
            layers.append(Watched(number, info, tuple(moments)))
    return tuple(layers)


def gradient_ratios(trace: Trace) -> tuple[tuple[float, float], ...]:
    """Per moment: gradient norm of the first layer with weights over that of the last, and the former alone."""
    norms: dict[int, list[float]] = {}
    for layer in watched(trace):
        for stats in layer.moments:
            if math.isfinite(stats.gradient_norm):
                norms.setdefault(stats.epoch, []).append(stats.gradient_norm)
    return tuple(
        (found[0] / found[-1], found[0])
        for _, found in sorted(norms.items())
        if len(found) > 1 and found[-1] > 0 and math.isfinite(found[0] / found[-1])
    )


def relative_step(trace: Trace, *, at_first: bool = False) -> float | None:
    """How far one update moves a layer's weights relative to their size; median over layers and moments.

    For plain gradient descent it is learning rate x gradient norm / weight norm, as DeepDiagnosis measures it. For
    optimisers that divide by the gradient's size it is learning rate x sqrt(number of weights) / weight norm, the
    bound that Kingma and Ba give for Adam. None for other optimisers and where nothing was measured.

    Args:
        trace: of one run.
        at_first: over the first moment of every layer only.
    """
    ratios: list[float] = []
    for layer in watched(trace):
        if trace.optimiser in PLAIN:
            ratios += layer.values("update_ratio")[: 1 if at_first else None]
        elif trace.optimiser in SCALE_FREE and layer.info.parameters > 0:
            step = trace.learning_rate * math.sqrt(layer.info.parameters)
            ratios += [step / norm for norm in layer.values("weight_norm")[: 1 if at_first else None] if norm > 0]
    ratios = [ratio for ratio in ratios if math.isfinite(ratio)]
    return median(ratios) if ratios else None

"""Gradients of a loss with respect to the weight of every candidate, averaged over points."""

from __future__ import annotations

from netmend.repairs.weights.layer_choice._base import Context
from netmend.repairs.weights.layer_choice._losses import Losses
from netmend.repairs.weights.layer_choice._passes import ends, passes, slopes
from netmend.repairs.weights.requirements._base import Array
from netmend.repairs.weights.specification import Inputs, count


def mean_gradients(context: Context, inputs: Inputs, losses: Losses) -> list[Array]:
    """The gradient of the mean loss with respect to each weight, as the matrix (G, o, d)."""
    found: list[Array | float] = [0.0] * len(context.layers)
    for part in passes(context, inputs, ends(context), gradients=True):
        for at, slope in enumerate(slopes(context, part, losses(part.values, part.points))):
            found[at] = found[at] + slope.total()
    return [gradient / count(inputs) for gradient in found]  # type: ignore[misc]


def squared_gradients(context: Context, inputs: Inputs, losses: Losses) -> list[Array]:
    """The mean over points of the squared gradient of a point's loss, entry by entry, (G, o, d)."""
    found: list[Array | float] = [0.0] * len(context.layers)
    for part in passes(context, inputs, ends(context), gradients=True):
        for at, slope in enumerate(slopes(context, part, losses(part.values, part.points))):
            found[at] = found[at] + slope.squared()
    return [gradient / count(inputs) for gradient in found]  # type: ignore[misc]

"""The layer at which the points pull at weights that ordinary inputs hardly use.

Measured: the mean over the weight's entries of g^2 / (F + e), g the gradient of the mean loss on the points, F the mean
squared gradient of single ordinary inputs with the classes that the network itself predicts for up to 512 of them, and
e = 1e-8 times the layer's mean F.
Why: F is the diagonal of the Fisher information: how much the network's answers to ordinary inputs depend on a weight.
When it is wrong: the diagonal leaves out that weights act together; a weight no ordinary input uses makes it huge.
References: Fisher information as the price of moving a weight: Kirkpatrick et al., PNAS 2017, section 2; with own
predicted labels it is the empirical one (Kunstner et al., NeurIPS 2019, on what that leaves out).
"""

from __future__ import annotations

import numpy as np

from netmend.repairs.weights.layer_choice._base import Context, Heuristic
from netmend.repairs.weights.layer_choice._gradients import mean_gradients, squared_gradients
from netmend.repairs.weights.layer_choice._losses import losses_of, own_labels
from netmend.repairs.weights.layer_choice._passes import drawn
from netmend.repairs.weights.requirements._base import Array
from netmend.repairs.weights.specification import count, take

MOST = 512
"""Ordinary inputs looked at: a mean of squares is then known to about ten per cent (own choice)."""

SHARE = 1e-8
"""Of the mean F, added to it: far below what matters, far above zero (own choice)."""


def scores(context: Context) -> Array:
    """Mean ratios; none for a layer that no ordinary input has a gradient at."""
    ordinary = take(context.ordinary, drawn(context, count(context.ordinary), MOST))
    pulls = mean_gradients(context, context.specification.inputs, losses_of(context))
    used = squared_gradients(context, ordinary, own_labels)
    found = []
    for pull, information in zip(pulls, used, strict=True):
        size = information.mean()
        found.append(np.mean(pull**2 / (information + SHARE * size)) if size > 0 else np.nan)
    return np.array(found)


HEURISTIC = Heuristic(scores, "squared gradient on the points over that on ordinary inputs", needs=("labels",))

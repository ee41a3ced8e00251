"""The layer that holds more than its share of the weights most to blame, looked at from both sides.

Measured: for the weight w from input j to unit i, the forward impact is the mean over points of |a_j w|, as a share of
the sum over the unit's inputs, times the mean over points of |d sum f / d o_i|, as a share of the sum over the layer's
units; the backward impact is |d loss / d w|. Each is divided by one plus the same on ordinary inputs, drawn in
proportion to their predicted classes, as many as there are points that miss. A layer's score is the share of the
Pareto front of both that lies in it, over its share of all weights. Where a layer has many positions, |a_j w| and
|d sum f / d o_i| are averaged over them first.
Why: a weight that matters to the mistakes, both for what is answered and for the loss, and not to what is right.
When it is wrong: the front is often a handful of weights, so that most layers have the score 0.
References: Sohn, Kang and Yoo, Arachne, TOSEM 32, 2023 (bidirectional localisation) for the two impacts of a weight
and the front; that a layer is scored by its share of it is own work.
"""

from __future__ import annotations

import numpy as np

from netmend.repairs.weights.layer_choice._base import Context, Heuristic
from netmend.repairs.weights.layer_choice._gradients import mean_gradients
from netmend.repairs.weights.layer_choice._losses import Losses, losses_of, own_labels, violated
from netmend.repairs.weights.layer_choice._passes import ends, features_of, outputs_at, passes, weight_of
from netmend.repairs.weights.patches import patches_of
from netmend.repairs.weights.requirements._base import Array
from netmend.repairs.weights.specification import Inputs, count, take


def scores(context: Context) -> Array:
    """Shares of the front over shares of the weights."""
    wrong = violated(context)
    missed = take(context.specification.inputs, wrong)
    right = take(context.ordinary, in_proportion(context, len(wrong)))
    at_wrong = impacts(context, missed, _renumbered(losses_of(context), wrong))
    at_right = impacts(context, right, own_labels)
    sizes = np.array([forward.size for forward, _ in at_wrong])
    both = [
        np.concatenate([(bad[side] / (1 + good[side])).ravel() for bad, good in zip(at_wrong, at_right, strict=True)])
        for side in (0, 1)
    ]
    front = np.split(pareto_front(both[0], both[1]), np.cumsum(sizes)[:-1])
    held = np.array([part.sum() for part in front], dtype=np.float64)
    shares: Array = (held / held.sum()) / (sizes / sizes.sum())
    return shares


def impacts(context: Context, inputs: Inputs, losses: Losses) -> list[tuple[Array, Array]]:
    """Forward and backward impact of every weight of every candidate, each (G, o, d)."""
    import torch

    names, many = features_of(context), count(inputs)
    weights = [np.abs(weight_of(context, layer)) for layer in context.layers]
    shares: list[Array] = [np.zeros_like(weight) for weight in weights]
    reach: list[Array] = [np.zeros(weight.shape[:2]) for weight in weights]
    for part in passes(context, inputs, [*ends(context), *names], gradients=True):
        pulled = torch.autograd.grad(part.values.sum(), [part.tensors[name] for name in names], allow_unused=True)
        for at, (layer, name) in enumerate(zip(context.layers, names, strict=True)):
            form = patches_of(context.network.graph, layer)
            sizes = form.unfold(part.first(layer.input)).abs().mean(dim=1).numpy()
            slope = torch.zeros_like(part.tensors[name]) if pulled[at] is None else pulled[at]
            pulls = form.positions(part.first(name, slope)).abs().mean(dim=1).numpy()
            reach[at] += (pulls / _nonzero(pulls.sum(axis=(1, 2), keepdims=True))).sum(axis=0)
            # The share of |a_j w_ij| in its sum over j, summed over points: w_ij sum_n a_nj / total_ni.
            totals = np.einsum("god,ngd->ngo", weights[at], sizes)
            shares[at] += weights[at] * np.einsum("ngo,ngd->god", 1 / _nonzero(totals), sizes)
    backward = [np.abs(gradient) for gradient in mean_gradients(context, inputs, losses)]
    forward = [share / many * (each / many)[:, :, None] for share, each in zip(shares, reach, strict=True)]
    return list(zip(forward, backward, strict=True))


def pareto_front(one: Array, other: Array) -> Array:
    """Which points no other point exceeds in one coordinate without losing in the other, as booleans."""
    order = np.lexsort((-other, -one))
    on, best, level = np.zeros(len(one), dtype=bool), -np.inf, np.inf
    for at in order:
        if other[at] > best or (other[at] == best and one[at] == level):
            on[at], best, level = True, other[at], one[at]
    return on


def in_proportion(context: Context, wanted: int) -> Array:
    """Ordinary inputs drawn by predicted class, each class in proportion: largest remainders get what is left."""
    values = outputs_at(context, context.ordinary)
    predicted = (values[:, 0] > 0).astype(int) if values.shape[1] == 1 else values.argmax(axis=1)
    wanted = min(wanted, len(predicted))
    present, sizes = np.unique(predicted, return_counts=True)
    exact = wanted * sizes / sizes.sum()
    quota = np.floor(exact).astype(int)
    quota[np.argsort(quota - exact, kind="stable")[: wanted - quota.sum()]] += 1
    random = np.random.default_rng(context.seed)
    chosen = [
        random.permutation(np.flatnonzero(predicted == label))[:some]
        for label, some in zip(present, quota, strict=True)
    ]
    drawn: Array = np.sort(np.concatenate(chosen))
    return drawn


def _nonzero(totals: Array) -> Array:
    return np.where(totals > 0, totals, np.inf)


def _renumbered(losses: Losses, points: Array) -> Losses:
    """The losses of some points, counted from 0."""
    return lambda values, part: losses(values, points[part])


HEURISTIC = Heuristic(scores, "share of the most blamed weights over the share of all weights", needs=("labels",))

"""How far a first step at each layer would move the gap between the two largest outputs, to first order.

Measured: minus the root mean squared change of that gap on ordinary inputs (of a sum of the outputs with random signs
where no classes are required). The step is the least one, by the norm of the repair, that meets each point's worst row
in the linear model; biases of the layer and of later ones move too. One pass back over some of the points and one over
some ordinary inputs give it for all layers at once.
Why: an answer changes when that gap closes, and a first step says most of what the whole repair will do.
When it is wrong: where the network is far from linear on the way to the repair.
References: own work, after `probe-drift`, which solves and evaluates for every layer and costs ten times as much.
Regret and rank correlation on four networks that are no part of the benchmark: docs/weights.md.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from netmend.network.backends._base import named
from netmend.repairs.weights.layer_choice._base import Context, Heuristic
from netmend.repairs.weights.layer_choice._passes import Part, drawn, ends, passes
from netmend.repairs.weights.metric import Metric, covariance
from netmend.repairs.weights.patches import patches_of
from netmend.repairs.weights.placing import probed
from netmend.repairs.weights.requirements._base import Array, Row
from netmend.repairs.weights.requirements.labels import Labels
from netmend.repairs.weights.rows import Factored, Weights, Written
from netmend.repairs.weights.solvers.nnls import dual
from netmend.repairs.weights.specification import Inputs, count, take
from netmend.repairs.weights.window import chunk_of, products

if TYPE_CHECKING:
    from torch import Tensor

MOST, FEWEST = 100, 6
"""Points, and as many ordinary inputs, that are looked at (own choice)."""

PRODUCTS = 2e9
"""Multiplications of one pass forward over them: a second or two on one core for all passes (own measurement)."""

PATCHES = 4
"""Patches of a layer, for each number in one of them, that its covariance is estimated from, at most (own choice)."""

AIM = 1.5
"""Times its margin, what a row aims at, as in the default method."""

RIDGE = 1e-3
"""Of the program, so that a few points in each other's way do not decide alone (own choice)."""


@dataclass(frozen=True, slots=True, eq=False)
class Pulls:
    """Gradients of m numbers with respect to one layer.

    Attributes:
        weights: for the matrix. biases: for the bias, (m, o); (m, 0) without one.
        moment: mean of a a' over patches a of the inputs looked at, (G, d, d).
    """

    weights: Factored | Written
    biases: Array
    moment: Array

    def whitened(self, metric: Metric) -> Weights:
        """The gradients in coordinates in which the norm is Euclidean."""
        if metric.inverse is None:
            return self.weights
        if isinstance(self.weights, Factored):
            inputs = metric.whitened(self.weights.inputs[:, None])[:, 0]
            return Factored(self.weights.cotangents, inputs, self.weights.points)
        turned = self.weights.gradients.reshape(-1, *self.weights.shape) @ metric.inverse.transpose(0, 2, 1)
        return Written(turned.reshape(len(turned), -1), self.weights.shape)


def scores(context: Context) -> Array:
    """Minus the change of the gap, in units of the outputs."""
    graph, requirement = context.network.graph, context.specification.requirement
    probe = probed(graph, named(graph, take(context.specification.inputs, slice(0, 1))))
    most = int(np.clip(min(PRODUCTS / products(graph, probe), 4 * chunk_of(probe)), FEWEST, MOST))
    chosen, ordinary = (drawn(context, count(each), most) for each in (context.specification.inputs, context.ordinary))
    values: list[float] = []
    signs = np.random.default_rng(context.seed).choice((-1.0, 1.0), size=probe[context.output].numel() // 2)

    def worst(part: Part) -> Tensor:
        outputs = part.values.detach().numpy().astype(np.float64)
        rows = requirement.select(chosen[part.points]).violated(outputs, 1, np.full(len(outputs), np.inf))
        values.extend(_value(row, outputs) for row in rows)
        return _weighted(part.values, rows)

    def gap(part: Part) -> Tensor:
        import torch

        if not isinstance(requirement, Labels) or len(signs) == 1:
            return (part.values * torch.from_numpy(signs).to(part.values.dtype)).sum()
        largest = part.values.topk(2, dim=1).values.sum(dim=0)
        return largest[0] - largest[1]

    elsewhere = _pulls(context, take(context.ordinary, ordinary), gap)
    pulled = _pulls(context, take(context.specification.inputs, chosen), worst)
    demand = AIM * requirement.margin - np.array(values)
    found = np.full(len(context.layers), np.nan)
    later, later_elsewhere = np.zeros((len(demand), 0)), np.zeros((len(ordinary), 0))
    for at in reversed(range(len(context.layers))):
        own, other = pulled[at], elsewhere[at]
        later = np.concatenate([own.biases, later], axis=1)
        later_elsewhere = np.concatenate([other.biases, later_elsewhere], axis=1)
        weighted = context.norm == "covariance" and np.any(other.moment)
        metric = covariance(other.moment) if weighted else Metric()
        weights = own.whitened(metric)
        multipliers = dual(weights.kernel() + later @ later.T, demand, ridge=RIDGE)
        if multipliers is not None and np.any(multipliers):
            moved = other.whitened(metric).along(weights.combined(multipliers))
            found[at] = -np.sqrt(np.mean((moved + later_elsewhere @ (later.T @ multipliers)) ** 2))
    return found


def _pulls(context: Context, inputs: Inputs, number: Callable[[Part], Tensor]) -> list[Pulls]:
    """Gradients of one number of each point with respect to every candidate.

    Args:
        number: its sum over the points of a part.
    """
    import torch

    forms = [patches_of(context.network.graph, layer) for layer in context.layers]
    gathered = [_Gathered([], [], [], np.zeros((form.groups, form.width, form.width))) for form in forms]
    for part in passes(context, inputs, ends(context), gradients=True, dtype=torch.float32):
        outputs = [part.tensors[layer.output] for layer in context.layers]
        slopes = torch.autograd.grad(number(part), outputs, allow_unused=True)
        for layer, form, each, output, slope in zip(context.layers, forms, gathered, outputs, slopes, strict=True):
            patches = form.unfold(part.first(layer.input))
            whole = torch.zeros_like(output) if slope is None else slope
            turned = form.positions(part.first(layer.output, whole))
            thin = max(1, len(patches) * patches.shape[1] // (PATCHES * form.width))
            some = patches[:, ::thin].permute(2, 0, 1, 3).flatten(1, 2)
            each.moment[:] += (some.transpose(1, 2) @ some / some.shape[1] * len(turned)).double().numpy()
            summed = turned.sum(dim=1).flatten(1).numpy()
            each.biases.append(summed if layer.bias in context.network.parameters else summed[:, :0])
            if turned.shape[1] * form.groups == 1:
                each.rows.append(turned[:, 0, 0].numpy())
                each.inputs.append(patches[:, 0, 0].numpy())
            else:
                each.rows.append(torch.einsum("npgo,npgd->ngod", turned, patches).flatten(1).numpy())
    return [
        each.pulls((form.groups, form.outputs, form.width), count(inputs))
        for each, form in zip(gathered, forms, strict=True)
    ]


@dataclass(frozen=True, slots=True, eq=False)
class _Gathered:
    """Of one layer, part by part: cotangents and inputs, or gradients where there are many positions."""

    rows: list[Array]
    inputs: list[Array]
    biases: list[Array]
    moment: Array

    def pulls(self, shape: tuple[int, int, int], points: int) -> Pulls:
        rows, biases = (np.concatenate(each).astype(np.float64) for each in (self.rows, self.biases))
        if not self.inputs:
            return Pulls(Written(rows, shape), biases, self.moment / points)
        inputs = np.concatenate(self.inputs).astype(np.float64)
        return Pulls(Factored(rows, inputs, np.arange(len(rows))), biases, self.moment / points)


def _value(row: Row, outputs: Array) -> float:
    return float(outputs[row.point, list(row.outputs)] @ np.array(row.weights)) - row.bound


def _weighted(outputs: Tensor, rows: list[Row]) -> Tensor:
    """The sum of the rows' values, their bounds left aside."""
    total = outputs.sum() * 0
    for row in rows:
        for output, weight in zip(row.outputs, row.weights, strict=True):
            total = total + weight * outputs[row.point, output]
    return total


HEURISTIC = Heuristic(scores, "minus the change of the gap between the two largest outputs, to first order")

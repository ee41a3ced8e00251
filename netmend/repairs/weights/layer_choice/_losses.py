"""How wrong a network is at each point: what gradients are taken of."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from netmend.repairs.weights.layer_choice._base import Context
from netmend.repairs.weights.layer_choice._passes import outputs_at
from netmend.repairs.weights.requirements._base import Array
from netmend.repairs.weights.requirements.labels import Labels

if TYPE_CHECKING:
    from torch import Tensor

Losses = Callable[["Tensor", "slice | Array"], "Tensor"]
"""Values (n, C) of some points, and which of all points they are, to a loss for each, (n,)."""


def losses_of(context: Context) -> Losses:
    """Cross-entropy with the wanted class; for other requirements, by how much a point misses its worst row."""
    requirement = context.specification.requirement
    if isinstance(requirement, Labels):
        labels = requirement.labels
        return lambda values, points: cross_entropy(values, labels[points])
    rows = requirement.violated(outputs_at(context, context.specification.inputs), 1, np.full(_many(context), np.inf))
    worst = {row.point: row for row in rows}

    def missed(values: Tensor, points: slice | Array) -> Tensor:
        import torch

        found = torch.zeros(len(values), dtype=values.dtype)
        for at, point in enumerate(np.arange(_many(context))[points]):
            row = worst.get(int(point))
            if row is not None:
                weights = torch.tensor(row.weights, dtype=values.dtype)
                slack = (values[at, list(row.outputs)] * weights).sum() - row.bound
                found[at] = torch.relu(requirement.margin - slack)
        return found

    return missed


def own_labels(values: Tensor, points: slice | Array) -> Tensor:
    """Cross-entropy with the class that the network itself predicts."""
    predicted = values.detach().numpy()
    return cross_entropy(values, predicted[:, 0] > 0 if predicted.shape[1] == 1 else predicted.argmax(axis=1))


def cross_entropy(values: Tensor, labels: Array) -> Tensor:
    """In nats, for each point; a single output is the logit of class 1."""
    import torch
    from torch.nn import functional

    wanted = torch.from_numpy(np.asarray(labels, dtype=np.int64))
    if values.shape[1] == 1:
        return functional.softplus(torch.where(wanted > 0, -values[:, 0], values[:, 0]))
    return functional.cross_entropy(values, wanted, reduction="none")


def violated(context: Context) -> Array:
    """Indices of the points that do not have their slack; all points if every one has it."""
    requirement = context.specification.requirement
    wrong = np.flatnonzero(requirement.slack(outputs_at(context, context.specification.inputs)) < requirement.margin)
    return wrong if len(wrong) else np.arange(_many(context))


def _many(context: Context) -> int:
    return len(context.specification)

"""Training on the points alone until all of them are right: what both fine-tuning baselines share."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from netmend.repairs.weights.methods._base import Answer, Found, NotFound, Problem, Progress, TimedOut
from netmend.repairs.weights.methods._joint import Joint, change_of, joint
from netmend.repairs.weights.placing import probed
from netmend.repairs.weights.requirements._base import Array
from netmend.repairs.weights.requirements.labels import Labels
from netmend.repairs.weights.window import chunk_of

if TYPE_CHECKING:
    from torch import Tensor

RATE = 1e-3
"""Step size, and the other constants of Adam as PyTorch has them (Kingma and Ba, ICLR 2015, section 2)."""

EPOCHS = 2_000
"""Passes over the points before it is given up; 100 points of MNIST 3x100 take 82 with all layers, and in the
last layer 7 of them still miss then (own measurement)."""

TOLD = 50
"""Passes between two lines of progress."""


def trained(problem: Problem, progress: Progress, names: Sequence[str], what: str) -> Answer:
    """Adam with all points in one batch, until every point has its slack with the weights as they are stored.

    Args:
        names: the constants that are trained. what: they are, for a person.
    """
    started = time.monotonic()
    return replace(_trained(problem, progress, names, what, started), seconds=time.monotonic() - started)


def _trained(problem: Problem, progress: Progress, names: Sequence[str], what: str, started: float) -> Answer:
    import torch

    from netmend.network.evaluate import as_tensor, forward

    points, graph = joint(problem), problem.network.graph
    stored = {name: graph.constants[name] for name in names}
    weights = {name: as_tensor(value.astype(np.float64)).clone().requires_grad_() for name, value in stored.items()}
    feeds = {name: as_tensor(value) for name, value in points.feeds.items()}
    step = chunk_of(probed(graph, points.feeds))
    optimizer = torch.optim.Adam(list(weights.values()), lr=RATE)
    missing = np.full(len(points), np.inf)
    for epoch in range(EPOCHS):
        kept = {name: weight.detach().numpy().astype(stored[name].dtype) for name, weight in weights.items()}
        missing = points.missing(_outputs(problem, feeds, kept, step))
        if not missing.any():
            return Found(change_of(problem, kept, what), epoch, len(points), 0.0)
        if not np.isfinite(missing).all():
            return NotFound("training left the range of numbers", np.inf, int(np.count_nonzero(missing)))
        if time.monotonic() - started > problem.limits.seconds:
            return TimedOut(float(missing.max()), int(np.count_nonzero(missing)))
        if epoch % TOLD == 0:
            progress(f"pass {epoch}: {np.count_nonzero(missing)} points miss")
        optimizer.zero_grad()
        for start in range(0, len(points), step):
            part = {name: value[start : start + step] for name, value in feeds.items()}
            outputs = forward(graph, part, constants=weights, keep=[problem.output])[problem.output]
            torch.autograd.backward(loss_of(problem, points, outputs.reshape(len(outputs), -1), start))
        optimizer.step()
    why = f"{EPOCHS} passes did not suffice"
    return NotFound(why, float(missing.max()), int(np.count_nonzero(missing)))


def loss_of(problem: Problem, points: Joint, outputs: Tensor, start: int) -> Tensor:
    """What some points add to the loss: cross-entropy where classes are required, else what their rows miss."""
    import torch

    every = np.arange(start, start + len(outputs))
    own = problem.specification.requirement
    if isinstance(own, Labels) and problem.keep is None and outputs.shape[1] > 1:
        labels = torch.from_numpy(own.labels[every].astype(np.int64))
        return torch.nn.functional.cross_entropy(outputs, labels, reduction="sum") / len(points)
    aim = 2 * points.required[every] + 1e-12
    values = outputs.detach().numpy()
    rows = points.requirement.select(every).violated(values, values.shape[1] + 1, aim)
    loss = outputs.sum() * 0.0
    for row in rows:
        loss = loss + aim[row.point] + row.bound
        loss = loss - (outputs[row.point, list(row.outputs)] * torch.tensor(row.weights, dtype=outputs.dtype)).sum()
    return loss / len(points)


def _outputs(problem: Problem, feeds: Mapping[str, Tensor], constants: Mapping[str, Array], step: int) -> Array:
    import torch

    from netmend.network.evaluate import as_tensor, forward

    graph, found = problem.network.graph, []
    given = {name: as_tensor(value.astype(np.float64)) for name, value in constants.items()}
    points = len(next(iter(feeds.values())))
    with torch.no_grad():
        for start in range(0, points, step):
            part = {name: value[start : start + step] for name, value in feeds.items()}
            outputs = forward(graph, part, constants=given, keep=[problem.output])[problem.output]
            found.append(outputs.reshape(len(outputs), -1).numpy())
    return np.concatenate(found)

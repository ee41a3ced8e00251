"""The loss compares every prediction with the labels of all rows of its batch.

What it is:
    A loss that compares element by element got predictions of shape (N, 1) and labels of shape (N,), or the other way
    round. PyTorch broadcasts both to N x N: the best answer to that is the mean of the labels, and so it is learned.

How it is measured:
    How many numbers the loss compares, over how many the larger of the two holds: 1 where the shapes are the same,
    N in the case above. PyTorch alone; Keras brings both to one shape.

When it is wrong:
    Above 1. Labels that are broadcast on purpose, as one target image for a whole batch, only repeat and stay at 1.

References:
    PyTorch reference, torch.nn.functional.mse_loss, which warns of it, and "Broadcasting semantics".
"""

from __future__ import annotations

import math

import numpy as np

from netmend.program.blame import Blame, Value
from netmend.program.elements.loss_target import COLUMN, ROW
from netmend.training.symptoms._base import Reading, Symptom
from netmend.training.symptoms._examples import HEALTHY, healthy_regression, healthy_torch
from netmend.training.trace import Trace


def _measure(trace: Trace) -> tuple[Reading, ...]:
    if len(trace.compared) != 2:
        return ()
    try:
        together = np.broadcast_shapes(*trace.compared)
    except ValueError:
        return ()  # such a loss compares something else than element by element
    given, target = trace.compared
    if "crossentropy" in trace.loss and not trace.loss.startswith("binary"):
        return ()
    share = math.prod(together) / max(math.prod(given), math.prod(target), 1)
    message = f"The loss takes predictions of shape {given} and labels of shape {target}"
    if share <= 1:
        return (Reading(share, "labels", f"{message}.", (), severity=0.0),)
    message += f", and so compares {math.prod(together)} pairs in place of {math.prod(target)}."
    return (Reading(share, "labels", message, (Blame("loss-target", 0.95, values=_mended(given, target)),), 0.95),)


def _mended(given: tuple[int, ...], target: tuple[int, ...]) -> tuple[Value, ...]:
    if given == (*target, 1):
        return (COLUMN,)
    return (ROW,) if target == (*given, 1) else ()


def _torch(given: tuple[int, ...], target: tuple[int, ...]) -> Trace:
    return healthy_torch(loss="mean_squared_error", compared=(given, target))


symptom = Symptom(
    measure=_measure,
    threshold=1.0,  # by definition: every prediction is compared with its own label alone
    above=True,
    fires_on=(_torch((32, 1), (32,)), _torch((32,), (32, 1))),
    silent_on=(*HEALTHY, healthy_regression(), _torch((32, 1), (32, 1)), _torch((32, 8), (8,)), _torch((32,), ())),
)

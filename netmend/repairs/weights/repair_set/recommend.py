"""Which points to repair first, and into how many batches to split them.

Measured, on up to 1,000 violated points:
- for 90 % of the variance: how many points, chosen greedily by log det(W), W = I + X X' / s, explain 90 % of the trace
  of W; X are the centred points, s their mean squared length over their width. Copies then count once: the log-det
  itself goes on growing with every copy;
- three subsets of that size: greedy log-det, k-centre, and stratified (one of each pair of predicted and wanted class
  in turn);
- batches: how often the number of features plus one fits into the number of points, rounded up: so many points can
  always be repaired in a last layer if they are in general position. Each batch holds the pairs of classes evenly.
Predicts (a hypothesis until measured): a diverse subset mends nearly as many unseen inputs as all points do, and costs
less elsewhere. On one MNIST network, the first 10 of 100 random points brought about 65 % of the gain of all (own
measurement).
When it is wrong: every point that is left out may stay wrong; a subset is a start, and no proof about the rest.
References: greedy log-det: Chen, Zhang and Zhou, NeurIPS 2018; k-centre: Gonzalez, 1985; the trace as
a measure of what is left: Harbrecht, Peters and Schneider, 2012; the share is own choice.
"""

from __future__ import annotations

import numpy as np

from netmend.core.records import Finding
from netmend.repairs.weights.harm import classes
from netmend.repairs.weights.repair_set._base import Analysis, Look, Measured
from netmend.repairs.weights.repair_set._geometry import drawn
from netmend.repairs.weights.repair_set._selection import greedy_log_det, k_centre, stratified
from netmend.repairs.weights.requirements._base import Array, Indices
from netmend.repairs.weights.requirements.labels import Labels

SHARE = 0.9
"""Of the variance of all points (own choice)."""

ENOUGH = 20
"""Violated points below which all can be repaired at once anyway (own choice)."""


def measure(look: Look) -> Measured:
    """Subsets and batches, as indices of points; a finding where half of the points may do."""
    wrong = np.flatnonzero(look.slack < 0)
    if len(wrong) < 2:
        return Measured({})
    looked_at = wrong[drawn(look.features[wrong], look.seed)]
    points = look.features[looked_at]
    centred = points - points.mean(axis=0)
    scale = float(np.mean(centred**2))
    batches = -(-len(wrong) // (look.numbers + 1))
    values, chosen = {"batches": float(batches)}, {}
    if batches > 1:
        dealt = wrong[stratified(confusions(look, wrong), look.seed)]
        chosen = {f"batch {at + 1}": _indices(dealt[at::batches]) for at in range(batches)}
    if not scale > 0:
        return Measured(values, (), {"subset": "the points are all the same"}, chosen)
    order, explained = greedy_log_det(centred, scale)
    size = int(np.count_nonzero(explained < SHARE)) + 1
    values["points for 90 % of the variance"] = float(size)
    chosen["greedy log-det"] = _indices(looked_at[order[:size]])
    chosen["k-centre"] = _indices(looked_at[k_centre(points, size)])
    chosen["stratified"] = _indices(looked_at[stratified(confusions(look, looked_at), look.seed)[:size]])
    if size > len(looked_at) / 2 or len(looked_at) < ENOUGH:
        return Measured(values, (), {}, chosen)
    message = f"{size} of {len(looked_at)} violated points span 90 % of their variance: repairing those first may do"
    finding = Finding("subset-may-do", message, float(size), len(looked_at) / 2, (), "data", 0.2)
    return Measured(values, (finding,), {}, chosen)


def confusions(look: Look, points: Indices) -> list[tuple[int, int]]:
    """Predicted and wanted class of points; the predicted one twice where no classes are required."""
    requirement = look.specification.requirement
    predicted: Array = classes(look.outputs)[points]
    wanted = requirement.labels[points] if isinstance(requirement, Labels) else predicted
    return [(int(one), int(other)) for one, other in zip(predicted, wanted, strict=True)]


def _indices(points: Indices) -> tuple[int, ...]:
    return tuple(int(point) for point in points)


ANALYSIS = Analysis(measure)

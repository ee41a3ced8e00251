"""How different the points are, from each other and from ordinary inputs.

Measured, on up to 1,000 points and as many ordinary inputs:
- number of wanted classes, and the entropy of the wanted classes, of the classes that are wrongly predicted and of the
  pairs of both, each as a share of the largest possible one;
- mean distance of two points, and spread: that distance over the mean distance of as many ordinary inputs;
- log-det: log det(I + X X' / s) / N, X the centred points, s the mean squared length of ordinary inputs over their
  width;
- coverage: the share of 20 k-means cells of the ordinary inputs that hold a point.
Predicts (a hypothesis until measured): the more diverse the points, the more unseen inputs a repair mends with them,
and the larger a change it takes.
When it is wrong: distances of raw inputs are not distances of meaning.
References: own selection; log-det is the volume that determinantal point processes favour (Kulesza and Taskar, 2012).
"""

from __future__ import annotations

import numpy as np

from netmend.core.records import Finding
from netmend.repairs.weights.harm import classes
from netmend.repairs.weights.repair_set._base import Analysis, Look, Measured
from netmend.repairs.weights.repair_set._geometry import distances, drawn, mean_distance
from netmend.repairs.weights.repair_set._selection import cells
from netmend.repairs.weights.requirements._base import Array
from netmend.repairs.weights.requirements.labels import Labels

CELLS = 20
"""K-means cells of ordinary inputs (own choice: twice as many as the classes of MNIST)."""

FEW = 5
"""Points below which one wanted class alone is not worth a sentence (own choice)."""


def measure(look: Look) -> Measured:
    """Entropies, spread, log-det and coverage; a finding where all points want one class."""
    values: dict[str, float] = {}
    findings: tuple[Finding, ...] = ()
    requirement = look.specification.requirement
    if isinstance(requirement, Labels):
        values, findings = _of_labels(look, requirement.labels)
    points = look.features[drawn(look.features, look.seed)]
    values["mean distance"] = mean_distance(points)
    if look.reference_features is None:
        why = "there are no ordinary inputs to compare with"
        return Measured(values, findings, dict.fromkeys(("spread", "log-det", "coverage"), why))
    ordinary = look.reference_features[drawn(look.reference_features, look.seed)]
    usual = mean_distance(ordinary[: len(points)])
    size = float(np.mean((ordinary**2).sum(axis=1))) / ordinary.shape[1]
    if usual > 0:
        values["spread"] = values["mean distance"] / usual
    if size > 0:
        centred = points - points.mean(axis=0)
        whole = np.eye(len(points)) + centred @ centred.T / size
        values["log-det"] = float(np.linalg.slogdet(whole)[1]) / len(points)
    centres = cells(ordinary, CELLS)
    values["coverage"] = len(np.unique(distances(points, centres).argmin(axis=1))) / len(centres)
    return Measured(values, findings)


def entropy(counts: Array, possible: int) -> float:
    """Entropy of shares over the largest possible one, ln of how many kinds there could be; 0 for one kind."""
    shares = counts[counts > 0] / counts.sum()
    return float(np.sum(shares * np.log(1 / shares)) / np.log(possible)) if possible > 1 else 0.0


def _of_labels(look: Look, wanted: Array) -> tuple[dict[str, float], tuple[Finding, ...]]:
    many = max(look.outputs.shape[1], 2)
    wrong = look.slack < 0
    predicted = classes(look.outputs)
    values = {
        "wanted classes": float(len(np.unique(wanted))),
        "entropy of wanted classes": entropy(np.bincount(wanted), many),
    }
    if wrong.any():
        pairs = predicted[wrong] * many + wanted[wrong]
        values["entropy of predicted classes"] = entropy(np.bincount(predicted[wrong]), many)
        values["entropy of confusions"] = entropy(np.bincount(pairs), many * (many - 1))
    if len(np.unique(wanted)) > 1 or len(wanted) < FEW:
        return values, ()
    message = f"all {len(wanted)} points want class {wanted[0]}: a repair may answer it elsewhere, too"
    return values, (Finding("one-wanted-class", message, 1.0, 2.0, (), "data", 0.3),)


ANALYSIS = Analysis(measure)

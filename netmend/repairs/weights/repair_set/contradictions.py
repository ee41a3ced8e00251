"""Points that look the same and must be answered differently.

Measured, on up to 1,000 points, in the space of the features that are looked at:
- coinciding points: pairs nearer than 1e-6 of the mean distance; contradictions: those of them of which no output could
  meet both requirements;
- nearest contradiction: the smallest distance of two points that no output could satisfy together, over the mean
  distance.
Predicts: two equal feature vectors at the input of a layer have equal outputs whatever the layer's weights become, so
equal contradictions prove that no repair there exists; nearly equal ones need weights as large as they are near (a
hypothesis until measured).
When it is wrong: points that coincide at one layer may differ at an earlier one.
References: linear algebra.
"""

from __future__ import annotations

import numpy as np

from netmend.core.records import Finding
from netmend.repairs.weights.repair_set._base import Analysis, Look, Measured
from netmend.repairs.weights.repair_set._geometry import distances, drawn
from netmend.repairs.weights.requirements._base import Array
from netmend.repairs.weights.requirements.labels import Labels

SAME = 1e-6
"""Of the mean distance: below it points coincide; float32 features are known to about 1e-7 (own choice)."""

NAMED = 5
"""Pairs that a finding names."""


def measure(look: Look) -> Measured:
    """Pairs that coincide or contradict, and a finding where both is so."""
    chosen = drawn(look.features, look.seed)
    points = look.features[chosen]
    if len(points) < 2:
        return Measured({"coinciding points": 0.0, "contradictions": 0.0})
    between = distances(points, points)
    mean = between.sum() / (len(points) * (len(points) - 1))
    apart = apart_of(look, chosen)
    upper = np.triu(np.ones_like(apart), 1)
    # Distances by inner products are too coarse for what nearly coincides: those are worked out again.
    for one, other in zip(*np.nonzero(upper & (between < 1e-3 * mean)), strict=True):
        between[one, other] = np.linalg.norm(points[one] - points[other])
    same = upper & (between <= SAME * mean)
    both = same & apart
    values = {"coinciding points": float(same.sum()), "contradictions": float(both.sum())}
    if mean > 0 and apart.any():
        values["nearest contradiction"] = float(between[upper & apart].min() / mean)
    if not both.any():
        return Measured(values)
    pairs = [(int(chosen[i]), int(chosen[j])) for i, j in zip(*np.nonzero(both), strict=True)]
    where = "the input" if look.layer is None else look.layer.name
    named = ", ".join(f"{one} and {other}" for one, other in pairs[:NAMED])
    message = f"{len(pairs)} pairs of points coincide at {where} and must be answered differently: {named}"
    places = tuple(f"point {one}" for one, _ in pairs[:NAMED])
    return Measured(values, (Finding("contradicting-points", message, float(len(pairs)), 0.0, places, "data", 0.9),))


def apart_of(look: Look, points: Array) -> Array:
    """Which pairs of points no output could satisfy together, (n, n)."""
    requirement = look.specification.requirement
    if isinstance(requirement, Labels):
        labels = requirement.labels[points]
        different: Array = labels[:, None] != labels
        return different
    found = np.zeros((len(points), len(points)), dtype=bool)
    for one, other in zip(*np.triu_indices(len(points), 1), strict=True):
        found[one, other] = found[other, one] = not requirement.agrees(int(points[one]), int(points[other]))
    return found


ANALYSIS = Analysis(measure)

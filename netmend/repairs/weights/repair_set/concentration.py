"""In how small a part of the space the points lie.

Measured, on up to 1,000 points:
- affine dimension: singular values of the centred points above 1e-6 of the largest;
- effective rank: exp of the entropy of their squares;
- hull vertices: points outside the convex hull of the others, in the space of the first min(10, affine dimension)
  principal components; a linear program decides where no direction that was tried does;
- ball ratio: 95th percentile of the distance to the mean over the mean distance of an ordinary input to its nearest;
- linear regions: different sign patterns of the inputs of ReLUs (behind the layer that is looked at).
Predicts (a hypothesis until measured): concentrated points are mended with a smaller change, and fewer unseen inputs
with them; with as many regions as points, one linearisation says little of the next.
When it is wrong: inputs may lie far apart and mean the same.
References: effective rank after Roy and Vetterli, EUSIPCO 2007; the rest is own selection.
"""

from __future__ import annotations

import numpy as np

from netmend.repairs.weights.repair_set._base import Analysis, Look, Measured
from netmend.repairs.weights.repair_set._evaluation import affordable, relu_signs
from netmend.repairs.weights.repair_set._geometry import drawn, nearest_distance
from netmend.repairs.weights.requirements._base import Array
from netmend.repairs.weights.spectrum import effective_rank

NEGLIGIBLE = 1e-6
"""Of the largest singular value: float32 inputs are known to 6e-8 of their size (own choice)."""

COMPONENTS = 10
"""Principal components in which hulls are taken: with more, nearly every point is a vertex (own choice)."""

DIRECTIONS = 2000
"""Random directions that are tried before linear programs (own choice)."""

PROGRAMS = 150
"""Linear programs of one analysis: about 5 ms each with 1,000 points (own measurement)."""


def measure(look: Look) -> Measured:
    """Dimensions, vertices, ball ratio and regions."""
    points = look.features[drawn(look.features, look.seed)]
    centred = points - points.mean(axis=0)
    left, sizes, _ = np.linalg.svd(centred, full_matrices=False)
    dimension = int(np.count_nonzero(sizes > NEGLIGIBLE * sizes[0])) if sizes[0] > 0 else 0
    values = {"affine dimension": float(dimension), "effective rank": effective_rank(sizes)}
    skipped: dict[str, str] = {}
    few = min(COMPONENTS, dimension)
    vertices = hull_vertices(left[:, :few] * sizes[:few], look.seed)
    if vertices is None:
        skipped["hull vertices"] = f"more than {PROGRAMS} points need a linear program"
    else:
        values["hull vertices"] = float(vertices)
    if look.reference_features is None:
        skipped["ball ratio"] = "there are no ordinary inputs to compare with"
    else:
        usual = nearest_distance(look.reference_features[drawn(look.reference_features, look.seed)])
        if usual > 0:
            values["ball ratio"] = float(np.quantile(np.linalg.norm(centred, axis=1), 0.95)) / usual
    chosen, why = affordable(look)
    signs = relu_signs(look, chosen) if len(chosen) else None
    if signs is not None:
        values["linear regions"] = float(len({row.tobytes() for row in np.packbits(signs, axis=1)}))
        values["points looked at for regions"] = float(len(chosen))
    else:
        skipped["linear regions"] = why or "the network has no ReLU there"
    return Measured(values, (), skipped)


def hull_vertices(points: Array, seed: int = 0) -> int | None:
    """How many points (N, d) are no mixture of the others; None if too many linear programs are needed.

    Of points that coincide none counts.
    """
    many, width = points.shape
    if width == 0:
        return int(many == 1)
    directions = np.concatenate([points, np.random.default_rng(seed).normal(size=(DIRECTIONS, width))])
    along = points @ directions.T
    highest = along.argmax(axis=0)
    second = np.partition(along, -2, axis=0)[-2] if many > 1 else np.full(along.shape[1], -np.inf)
    clear = along.max(axis=0) > second + 1e-9 * np.abs(along).max()
    known = np.zeros(many, dtype=bool)
    known[highest[clear]] = True
    open_ = np.flatnonzero(~known)
    if len(open_) > PROGRAMS:
        return None
    return int(known.sum()) + sum(not _is_mixture(points, int(at)) for at in open_)


def _is_mixture(points: Array, at: int) -> bool:
    from scipy.optimize import linprog

    others = np.delete(points, at, axis=0)
    equations = np.concatenate([others.T, np.ones((1, len(others)))])
    found = linprog(np.zeros(len(others)), A_eq=equations, b_eq=np.append(points[at], 1.0), method="highs")
    return bool(found.status == 0)


ANALYSIS = Analysis(measure)

"""Why there is no repair: multipliers of rows that add up to a contradiction.

If every change d moves row r by g_r . d, and d must make all of them move by h_r, then for multipliers l >= 0

    sum of l_r h_r  <=  (sum of l_r g_r) . d  <=  ||sum of l_r g_r|| * ||d||,

so no d is smaller than the quotient. If the sum of gradients is zero (Farkas' lemma), none exists at all; with rounding
it is nearly zero, and the quotient is a size below which there is none. Both hold where the outputs are affine in what
changes, and nowhere else.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from netmend.repairs.weights.methods._base import Infeasible
from netmend.repairs.weights.requirements._base import Array
from netmend.repairs.weights.rows import Gradients

ENORMOUS = 1e3
"""Times the norm of the present weights: a change that large is no repair, so ruling out all smaller ones is a proof of
what was asked (own choice; contradictory points give 1e5 and more)."""

DIGITS = 1e-9
"""Share of the sum of absolute terms that the sum of l_r h_r must exceed, so that it is not rounding of float64."""


def explain_infeasible(
    gradients: Gradients, points: Sequence[int], demand: Array, multipliers: Array, size: float
) -> Infeasible:
    """The proof that a demand cannot be met, with as few points as show it.

    Args:
        points: the point of each row. demand: by how much each row must move, with the slack required and no more.
        multipliers: of the rows, as the solver left them.
        size: norm of the present weights in the norm of the changes.
    """
    from netmend.repairs.weights.solvers.nnls import dual

    whole = _bound(gradients, demand, multipliers)
    order = np.argsort(-multipliers, kind="stable")
    ranked = list(dict.fromkeys(points[row] for row in order if multipliers[row] > 0))
    count = 2
    while whole > ENORMOUS * size and count < len(ranked):
        some = np.flatnonzero(np.isin(points, ranked[:count]))
        few = gradients.select(some)
        found = dual(few.kernel(), demand[some], 60.0)
        alone = 0.0 if found is None else _bound(few, demand[some], found)
        if alone > ENORMOUS * size:
            ranked, whole = ranked[:count], alone
            break
        count *= 2
    ratio = whole / size if size else np.inf
    if ratio > ENORMOUS:
        reach = "of any size" if np.isinf(ratio) else f"below {ratio:.2g} times the layer's own norm"
        why = f"no change {reach} can meet what is required at these points together"
        return Infeasible(True, tuple(sorted(ranked)), why, whole)
    why = "the linear model of this layer cannot be met; that is no proof"
    return Infeasible(False, tuple(sorted(ranked)), why, whole)


def _bound(gradients: Gradients, demand: Array, multipliers: Array) -> float:
    """The norm below which no change meets the demand; 0 if these multipliers show nothing."""
    gained = float(demand @ multipliers)
    if gained <= DIGITS * float(np.abs(demand) @ multipliers):
        return 0.0
    change = gradients.combined(multipliers)
    norm = gradients.metric.norm(change.matrix, change.biases)
    return gained / norm if norm else float("inf")

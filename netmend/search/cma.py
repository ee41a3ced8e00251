"""CMA-ES: a normal distribution that moves and stretches towards the better half of each generation of points.

For numbers only. They become places between their bounds, on their own scale, bent so that the start lies in the
middle, where the distribution begins. Choices are left to what Optuna falls back on, an independent sampler: here TPE
instead of its even draws. So are all dimensions while no point is told, and where fewer than two are numbers.

References:
    Hansen, "The CMA Evolution Strategy: A Tutorial", arXiv:1604.00772, 2016; Akiba et al., "Optuna", KDD 2019.
"""

from __future__ import annotations

import numpy as np

from netmend.search._base import Dimension, Point, Problem, Sampler, SamplerKind
from netmend.search._optuna import OptunaSampler
from netmend.search._rows import to_point, to_row

MIDDLE = 0.5


def _make(problem: Problem) -> Sampler:
    import optuna

    numbers = tuple(dimension for dimension in problem.dimensions if not dimension.choices)
    starts = [MIDDLE] * len(numbers) if problem.start is None else to_row(numbers, problem.start).tolist()
    # A start at a bound cannot be the middle.
    bends = [start if 0 < start < 1 else MIDDLE for start in starts]

    def encode(point: Point) -> Point:
        places = zip(numbers, to_row(numbers, point).tolist(), bends, strict=True)
        return {**point, **{one.name: _bent(place, bend, MIDDLE) for one, place, bend in places}}

    def decode(point: Point) -> Point:
        places = [_bent(float(str(point[one.name])), MIDDLE, bend) for one, bend in zip(numbers, bends, strict=True)]
        return {**point, **to_point(numbers, np.array(places))}

    sampler = optuna.samplers.CmaEsSampler(
        seed=problem.seed,
        independent_sampler=optuna.samplers.TPESampler(seed=problem.seed),
        warn_independent_sampling=False,
    )
    seen = [one if one.choices else Dimension(one.name) for one in problem.dimensions]
    return OptunaSampler(problem, sampler, seen, encode, decode)


def _bent(place: float, bend: float, to: float) -> float:
    """Where a place in [0, 1] goes if what was at `bend` goes to `to` and the ends stay."""
    return to * place / bend if place <= bend else 1 - (1 - to) * (1 - place) / (1 - bend)


KIND = SamplerKind(_make, "Optuna's CmaEsSampler, with its TPESampler for choices", requires=("optuna", "cmaes"))

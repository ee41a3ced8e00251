"""NSGA-II on rows of a box: points that no other point beats in every objective.

Deb et al., IEEE Trans. Evol. Comput. 6(2), 2002: fast sorting into fronts, crowding distance, binary tournaments.
Numbers are crossed and mutated as there; choices are taken from either parent and redrawn.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt

from netmend.search._rows import Array

# Deb et al., 2002, section V-A: what they ran real-coded NSGA-II with. A gene mutates with probability 1 / genes.
CROSSOVER_PROBABILITY = 0.9
CROSSOVER_INDEX = 20
MUTATION_INDEX = 20

Flags = npt.NDArray[np.bool_]
Ranks = npt.NDArray[np.int64]


def pareto_front(
    objectives: Callable[[Array], Array],
    rows: Array,
    choices: Sequence[int],
    *,
    generations: int,
    rng: np.random.Generator,
    settle: Callable[[Array], Array],
) -> Array:
    """The rows of the first front after so many generations.

    Args:
        objectives: of rows, shape (rows, objectives), all to be small; asked once for each row, so they may be noisy.
        rows: the first population, as `netmend.search._rows` makes them.
        choices: number of choices of each dimension; 0 for a number.
        settle: the rows of the nearest points of the box, for whole numbers.
    """
    size, counts = len(rows), np.array(choices)
    rows, values = _best(rows, objectives(rows), size)
    for _ in range(generations):
        # The better of two drawn rows, each time: rows are in order.
        parents = rows[rng.integers(len(rows), size=(2, size + size % 2)).min(0)]
        children = settle(_mutated(_crossed(parents, counts, rng), counts, rng))
        merged = np.vstack([rows, children])
        _, first = np.unique(merged, axis=0, return_index=True)
        new = merged[np.sort(first[first >= len(rows)])]
        if len(new):
            rows, values = _best(np.vstack([rows, new]), np.vstack([values, objectives(new)]), size)
    return np.asarray(rows[fronts(values) == 0])


def _best(rows: Array, values: Array, count: int) -> tuple[Array, Array]:
    """The first so many rows with their values: earlier fronts first, within a front the lonely first."""
    ranks, lonely = fronts(values, count), np.zeros(len(values))
    for rank in range(ranks.max() + 1):
        lonely[ranks == rank] = crowding(values[ranks == rank])
    kept = np.lexsort((-lonely, ranks))[:count]
    return rows[kept], values[kept]


def fronts(values: Array, enough: int | None = None) -> Ranks:
    """The front of each row: 0 if no other dominates it, 1 if only those of front 0 do, and so on.

    Once so many rows are in fronts, those that are left share the number of the next.
    """
    beaten = dominated(values)
    ranks, left = np.zeros(len(values), dtype=int), np.ones(len(values), dtype=bool)
    while left.any() and len(left) - left.sum() < (enough or len(values)):
        ranks[left] += 1
        now = left & ~beaten[:, left].any(1)
        ranks[now] -= 1
        left &= ~now
    return ranks


def dominated(values: Array) -> Flags:
    """Whether the row is dominated by the column: nowhere smaller, somewhere larger."""
    no_better, worse = np.ones((2, len(values), len(values)), dtype=bool)
    worse[:] = False
    for objective in values.T:
        no_better &= objective[:, None] >= objective[None]
        worse |= objective[:, None] > objective[None]
    return np.asarray(no_better & worse)


def crowding(values: Array) -> Array:
    """How far the neighbours of each row are, summed over the objectives; infinite at the ends."""
    total = np.zeros(len(values))
    for objective in values.T:
        order = np.argsort(objective, kind="stable")
        spread = objective[order[-1]] - objective[order[0]]
        total[order[[0, -1]]] = np.inf
        if spread > 0:
            total[order[1:-1]] += (objective[order[2:]] - objective[order[:-2]]) / spread
    return total


def _crossed(parents: Array, choices: Ranks, rng: np.random.Generator) -> Array:
    """Simulated binary crossover of pairs (Deb and Agrawal, Complex Systems 9, 1995); choices change sides."""
    one, other = parents[::2], parents[1::2]
    drawn = rng.random(one.shape)
    power = 1 / (CROSSOVER_INDEX + 1)
    spread = np.where(drawn < 0.5, (2 * drawn) ** power, (2 * np.maximum(1 - drawn, 1e-12)) ** -power)
    crosses = rng.random((len(one), 1)) < CROSSOVER_PROBABILITY
    spread = np.where(crosses & (rng.random(one.shape) < 0.5), spread, 1.0)
    middle, half = (one + other) / 2, (one - other) / 2
    swap = crosses & (rng.random(one.shape) < 0.5)
    first = np.where(choices, np.where(swap, other, one), np.clip(middle + spread * half, 0, 1))
    second = np.where(choices, np.where(swap, one, other), np.clip(middle - spread * half, 0, 1))
    return np.vstack([first, second])


def _mutated(rows: Array, choices: Ranks, rng: np.random.Generator) -> Array:
    """Polynomial mutation (Deb and Goyal, Comput. Sci. Inform. 26, 1996); choices are drawn anew."""
    drawn = rng.random(rows.shape)
    power = 1 / (MUTATION_INDEX + 1)
    step = np.where(drawn < 0.5, (2 * drawn) ** power - 1, 1 - (2 * (1 - drawn)) ** power)
    redrawn = np.floor(rng.random(rows.shape) * choices)
    changed = np.where(choices, redrawn, np.clip(rows + step, 0, 1))
    return np.where(rng.random(rows.shape) < 1 / rows.shape[1], changed, rows)

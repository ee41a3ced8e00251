"""Is one sample of runs better than another, and by how much?

Samples are small (3 to 30 runs), skewed and full of ties (accuracies), and some runs fail. So everything here is by
ranks and exact: no normal approximation, no assumption of equal variance, no rule needed for zero variance.
A failed or non-finite run is `None` and ranks below every finite value, on either side.
`docs/statistics.md` derives what is used.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

Score = float | None

LARGE_EFFECT = 0.71
"""A12 from which an effect is called large: Vargha & Delaney, J. Educ. Behav. Stat. 25(2), 2000, section 3."""


@dataclass(frozen=True, slots=True)
class Superiority:
    """The answer to "is `after` better than `before`?".

    Attributes:
        p: one-sided exact Mann-Whitney p-value, ties and failures included.
        effect: A12, the chance that a run after beats a run before (ties count half).
        gain: difference of the means of the finite runs, positive if after is better; nan if one side has none.
    """

    p: float
    effect: float
    gain: float
    before: int
    after: int


def superiority(before: Sequence[Score], after: Sequence[Score], *, higher_is_better: bool) -> Superiority:
    """One-sided, unpaired, exact test of `after` against `before`.

    The null distribution is that of the rank sum over all ways to choose which runs are `after` (Mann & Whitney, Ann.
    Math. Stat. 18, 1947, with midranks for ties as in Lehmann, Nonparametrics, 1975, section 1.4).

    Raises:
        ValueError: a sample is empty.
    """
    if not before or not after:
        raise ValueError("both samples need at least one run")
    sign = 1.0 if higher_is_better else -1.0
    worst = -math.inf
    old = [worst if value is None or not math.isfinite(value) else sign * value for value in before]
    new = [worst if value is None or not math.isfinite(value) else sign * value for value in after]
    ranks = _doubled_midranks(old + new)
    observed = sum(ranks[len(old) :])
    effect = (observed / 2 - len(new) * (len(new) + 1) / 2) / (len(old) * len(new))
    finite_old, finite_new = [v for v in old if v > worst], [v for v in new if v > worst]
    gain = (
        math.fsum(finite_new) / len(finite_new) - math.fsum(finite_old) / len(finite_old)
        if (finite_old and finite_new)
        else math.nan
    )
    return Superiority(_share_at_least(ranks, len(new), observed), effect, gain, len(old), len(new))


def not_worse(
    reference: Sequence[Score], candidate: Sequence[Score], *, margin: float, higher_is_better: bool
) -> float:
    """P-value of "the candidate is worse than the reference by `margin` or more"; small means it is not.

    This is one half of the two one-sided tests of equivalence (Schuirmann, J. Pharmacokinet. Biopharm. 15, 1987), by
    ranks: the reference is shifted by the margin and the candidate must then be superior. Absence of a significant
    difference is never taken for equality, and fewer runs never make acceptance easier.
    """
    shift = -margin if higher_is_better else margin
    shifted = [None if value is None else value + shift for value in reference]
    return superiority(shifted, candidate, higher_is_better=higher_is_better).p


def equivalent(one: Sequence[Score], other: Sequence[Score], *, margin: float) -> float:
    """P-value of "the two differ by `margin` or more", in either direction; small means equivalent."""
    return max(
        not_worse(one, other, margin=margin, higher_is_better=True),
        not_worse(one, other, margin=margin, higher_is_better=False),
    )


def smallest_p(before: int, after: int) -> float:
    """The smallest p-value two samples of these sizes can give: complete separation without ties."""
    return 1 / math.comb(before + after, after)


def runs_needed(before: int, alpha: float) -> int:
    """How many runs after are needed at least to reach `alpha` against so many before."""
    after = 1
    while smallest_p(before, after) > alpha:
        after += 1
    return after


def mean(values: Sequence[Score]) -> float:
    """Mean of the finite values; nan if there are none."""
    finite = [value for value in values if value is not None and math.isfinite(value)]
    return math.fsum(finite) / len(finite) if finite else math.nan


def _doubled_midranks(values: Sequence[float]) -> list[int]:
    """Twice the midrank of each value: whole numbers, so that sums are exact."""
    order = sorted(range(len(values)), key=values.__getitem__)
    ranks, first = [0] * len(values), 1
    for _, group in groupby(order, key=values.__getitem__):
        members = list(group)
        for index in members:
            ranks[index] = 2 * first + len(members) - 1
        first += len(members)
    return ranks


def _share_at_least(ranks: Sequence[int], chosen: int, observed: int) -> float:
    """Share of the subsets of `chosen` ranks whose sum is at least `observed`, by counting them all."""
    counts: list[dict[int, int]] = [defaultdict(int) for _ in range(chosen + 1)]
    counts[0][0] = 1
    for rank in ranks:
        for size in range(chosen, 0, -1):
            for total, ways in list(counts[size - 1].items()):
                counts[size][total + rank] += ways
    return sum(ways for total, ways in counts[chosen].items() if total >= observed) / math.comb(len(ranks), chosen)

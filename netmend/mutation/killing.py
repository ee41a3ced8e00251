"""Is a mutant killed: does it train to a worse score than the original, beyond what seeds do?

DeepCrime (Humbatova, Jahangirova and Tonella, ISSTA 2021) calls a mutant killed if the p-value of a
Gaussian generalised linear model, metric ~ mutant or not, is below 0.05 and Cohen's d is at least 0.5. Here the p-value
is that of the exact one-sided Mann-Whitney test (`netmend.core.stats`): scores of few trainings are neither normal nor
of equal variance, are full of ties, and may be missing where a training failed; and the published implementation reads
its p-value from a table of three decimals. The effect stays Cohen's d, so that what is killed stays comparable, with a
rule for what is undefined there: without any variance d is 0 for equal means and infinite for others.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from netmend.core import stats
from netmend.core.stats import Score
from netmend.training.metrics._base import Metric

ALPHA = 0.05
SMALLEST_EFFECT = 0.5
"""Level and effect of DeepCrime's criterion."""

SELECTED_SHARE = (0.10, 0.85)
SELECTED_FACTOR = (1.5, 5.0)
"""A mutant is chosen for a benchmark if its score lies between these shares of the original's, or its error between
these multiples: neither hopeless nor hardly worse (Kim et al., ICST 2023, for DeepCrime's mutants)."""

MOSTLY = 0.5
"""Share of failed runs from which a mutant counts as one that does not train. Own choice."""


class Status(StrEnum):
    """What the runs of a mutant showed."""

    KILLED = "killed"
    SURVIVED = "survived"
    DOES_NOT_TRAIN = "does-not-train"
    NOT_COMPARABLE = "not-comparable"
    NOT_RUN = "not-run"


@dataclass(frozen=True, slots=True)
class Decision:
    """The answer.

    Attributes:
        sentence: why, with the numbers.
        p: exact one-sided p-value of "the mutant is worse"; nan if nothing was tested.
        d: Cohen's d, positive if the mutant is worse; nan if nothing was tested.
        selected: killed, and within the bounds of a benchmark.
    """

    status: Status
    sentence: str
    p: float = math.nan
    d: float = math.nan
    selected: bool = False


def decide(original: Sequence[Score], mutant: Sequence[Score], metric: Metric) -> Decision:
    """Compare the scores of two samples of runs; None is a failed run.

    Raises:
        ValueError: a sample is empty.
    """
    failed = sum(score is None for score in mutant)
    if failed >= MOSTLY * len(mutant):
        return Decision(Status.DOES_NOT_TRAIN, f"{failed} of {len(mutant)} runs failed")
    test = stats.superiority(mutant, original, higher_is_better=metric.higher_is_better)
    d = cohens_d(original, mutant, higher_is_better=metric.higher_is_better)
    killed = test.p < ALPHA and d >= SMALLEST_EFFECT
    numbers = f"{metric.name} {stats.mean(original):.4g} -> {stats.mean(mutant):.4g} (p = {test.p:.2g}, d = {d:.2f})"
    chosen = killed and _within(stats.mean(original), stats.mean(mutant), metric)
    return Decision(Status.KILLED if killed else Status.SURVIVED, numbers, test.p, d, chosen)


def cohens_d(original: Sequence[Score], mutant: Sequence[Score], *, higher_is_better: bool) -> float:
    """Difference of the means in pooled standard deviations (n - 1), positive if the mutant is worse.

    Failed runs are left out; without any variance 0 or infinite.
    """
    old, new = ([score for score in scores if score is not None] for scores in (original, mutant))
    lost = stats.mean(old) - stats.mean(new) if higher_is_better else stats.mean(new) - stats.mean(old)
    if len(set(old)) == len(set(new)) == 1:  # asked of the scores: a mean of equal numbers may be rounded
        return math.copysign(math.inf, lost) if old[0] != new[0] else 0.0
    squares = sum(math.fsum((score - stats.mean(sample)) ** 2 for score in sample) for sample in (old, new))
    return lost / math.sqrt(squares / (len(old) + len(new) - 2))


def _within(original: float, mutant: float, metric: Metric) -> bool:
    low, high = SELECTED_SHARE if metric.higher_is_better else SELECTED_FACTOR
    return original > 0 and low * original <= mutant <= high * original

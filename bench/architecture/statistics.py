"""What the tables of the benchmark are made of: improvement rate, corrected significance, complexity, operators found.

Definitions after Kim et al., "Repairing DNN Architecture: Are We There Yet?", ICST 2023, section III-E, each with the
correction it needs; `docs/architecture-benchmark.md` says what was wrong with the published ones.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from netmend.core.stats import Score, superiority


@dataclass(frozen=True, slots=True)
class Changed:
    """One change of a patch or of a ground truth, without its place in a text.

    Attributes:
        kind: element kind, the "operator" of the paper. layer: which layer it belongs to; None for none.
        after: the new value.
    """

    kind: str
    layer: int | None
    after: str


def improvement_rate(faulty: float, fixed: float, patched: float) -> float:
    """Share of the way from the faulty program to its fix: 0 is no gain, 1 as good as the fix; may lie outside.

    Raises:
        ValueError: the fix is no better or worse than the faulty program, so there is no way to go.
    """
    if faulty == fixed:
        raise ValueError("the faulty program and its fix score the same")
    return (patched - faulty) / (fixed - faulty)


def clipped(rate: float) -> float:
    """An improvement rate within [0, 1], so that no single fault dominates a mean; a failure (nan) counts 0."""
    return 0.0 if math.isnan(rate) else min(max(rate, 0.0), 1.0)


def deviation(values: Sequence[float]) -> float:
    """Population standard deviation over repeats, the paper's measure of stability; 0 for a single value."""
    return statistics.pstdev(values) if values else math.nan


def holm(p_values: Mapping[str, float], alpha: float = 0.05) -> set[str]:
    """Which hypotheses are rejected when the chance of any false rejection is kept below alpha.

    Holm, "A simple sequentially rejective multiple test procedure", Scandinavian Journal of Statistics 6(2), 1979.
    """
    rejected: set[str] = set()
    for rank, (name, p) in enumerate(sorted(p_values.items(), key=lambda item: item[1])):
        if p > alpha / (len(p_values) - rank):
            break
        rejected.add(name)
    return rejected


def significance(faulty: Sequence[Score], patched: Sequence[Score], *, higher_is_better: bool) -> float:
    """P-value of "the patched program is no better", unpaired and exact; the runs of the two share nothing."""
    return superiority(faulty, patched, higher_is_better=higher_is_better).p


def published_significance(faulty: Sequence[float], patched: Sequence[float]) -> float:
    """The published test: values rounded to two decimals, two-sided paired Wilcoxon signed ranks.

    Its faults are kept on purpose (pairs that are none, rounding that makes 0.184 differ from 0.184); 1 if all pairs
    are tied.
    """
    from scipy.stats import wilcoxon

    pairs = [(round(a, 2), round(b, 2)) for a, b in zip(faulty, patched, strict=True)]
    if all(a == b for a, b in pairs):
        return 1.0
    return float(wilcoxon(*zip(*pairs, strict=True)).pvalue)


def operators_found(patch: Collection[Changed], truth: Collection[Changed]) -> float:
    """Asymmetric Jaccard: share of the true operators that the patch uses as well, relative to the faulty program."""
    wanted = {(change.kind, change.layer) for change in truth}
    used = {(change.kind, change.layer) for change in patch}
    return len(wanted & used) / len(wanted) if wanted else math.nan


def values_recovered(patch: Collection[Changed], truth: Collection[Changed]) -> float:
    """Share of the true changes that the patch makes exactly."""
    return len(set(patch) & set(truth)) / len(set(truth)) if truth else math.nan


def recall_precision(reported: Collection[str], fixes: Collection[Collection[str]]) -> tuple[float, float]:
    """Recall and precision of reported suspects, against the fix that they match best.

    As in Humbatova et al., EMSE 30:124, 2025, section 4: with several known fixes the best match counts. Nothing
    reported has precision 0.

    Args:
        reported: suspects. fixes: the places of each known fix.
    """
    best = (0.0, 0.0)
    for fix in fixes:
        right = len(set(reported) & set(fix))
        found = (right / len(set(fix)), right / len(set(reported)) if reported else 0.0)
        best = max(best, found, key=lambda pair: f_score(*pair))
    return best


def f_score(recall: float, precision: float, beta: float = 3.0) -> float:
    """F-beta: recall counts beta times as much as precision; beta 3 as in Humbatova et al., section 4."""
    if recall == 0 or precision == 0:
        return 0.0
    return (1 + beta**2) * precision * recall / (beta**2 * precision + recall)

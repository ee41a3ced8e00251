"""When to stop running a screened patch: as soon as it looks as if more runs would be wasted.

A screened patch gets one run, then a second, then the rest. The confirm sample is never cut short, so that racing costs
candidates at worst, and never the truth of the verdict.
"""

from __future__ import annotations

import statistics
from collections.abc import Sequence

from netmend.core import stats
from netmend.repairs.program.evidence import Evidence


def stages(seeds: Sequence[int]) -> list[Sequence[int]]:
    """The seeds in the groups in which they are run."""
    return [group for group in (seeds[:1], seeds[1:2], seeds[2:]) if group]


def hopeless(before: Evidence, after: Evidence) -> str:
    """Why more runs of a patch would be wasted; empty if they would not.

    A patch that separates completely from the program passes both looks; one whose every run has the smallest chance
    that counts (A12 = 0.71) of beating a run of the program fails the first in about 29 % of the cases.
    """
    if after.changed_evaluation:
        return "the labels it is measured by are others"
    scores = after.scores("search")
    if any(score is None for score in scores):
        return "a run failed"
    old = before.scores("search")
    finite = [score for score in old if score is not None]
    if not finite:
        return ""
    if len(scores) == 1:
        middle = statistics.median(finite)
        ahead = after.metric.gain(middle, scores[0] or 0.0)
        return "" if ahead > 0 else f"its first run is no better than the program's median ({middle:.4g})"
    effect = stats.superiority(old, scores, higher_is_better=after.metric.higher_is_better).effect
    return "" if effect >= stats.LARGE_EFFECT else f"no large effect in {len(scores)} runs"

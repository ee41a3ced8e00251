"""Judging a patched training program: two samples of runs in, a verdict out."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass, replace

from netmend.core import stats
from netmend.core.records import Outcome, Verdict
from netmend.repairs.program.evidence import Evidence
from netmend.training.metrics._base import Metric

ALPHA = 0.05
"""Level of every test, the convention of the field (Kim et al., ICST 2023, section III-E; DeepCrime, section 3)."""

GOAL_SHARE = 0.8
"""Share of the runs that must reach the goal, beside their mean: a repair that works in most trainings, not in the
average of good and bad ones. Convention of this project."""


@dataclass(frozen=True, slots=True)
class Oracle:
    """How results are compared: by one metric, perhaps with a goal.

    Attributes:
        goal: value to reach; None if only an improvement is asked.
    """

    metric: Metric
    goal: float | None = None

    def smallest_gain(self, before: tuple[stats.Score, ...]) -> float:
        """The smallest difference of means that is worth a patch, in units of the metric."""
        return self.metric.smallest_gain_from(stats.mean(before))

    def meets_goal(self, scores: tuple[stats.Score, ...]) -> bool:
        """The mean reaches the goal, and so do most of the runs; failed runs do not."""
        if self.goal is None or not scores:
            return False
        reached = [score is not None and self._reaches(score) for score in scores]
        return self._reaches(stats.mean(scores)) and sum(reached) >= GOAL_SHARE * len(reached)

    def judge(self, before: Evidence, after: Evidence) -> Verdict:
        """Compare two samples on the rows that the later one may be judged by."""
        matters = self.smallest_gain(before.scores(after.rows))
        return replace(self._judged(before, after), matters=0.0 if math.isnan(matters) else matters)

    def _judged(self, before: Evidence, after: Evidence) -> Verdict:
        rows = after.rows
        old, new = before.scores(rows), after.scores(rows)
        score = self._orient(stats.mean(new))
        if not new or len(after.failures) == len(new):
            return Verdict(Outcome.INVALID, _why_failed(after), score=-math.inf)
        if after.changed_evaluation:
            sentence = "the patch changes the labels it is measured by, so its score cannot be compared"
            return Verdict(Outcome.INVALID, sentence, score=-math.inf)
        if after.draw.effort < 1:
            sentence = f"{self._mean(new)} after {after.draw.effort:.0%} of the training: ranks, does not decide"
            return Verdict(Outcome.INCONCLUSIVE, sentence, score=score)
        return self._compare(before, after, old, new, score)

    def _compare(
        self,
        before: Evidence,
        after: Evidence,
        old: tuple[stats.Score, ...],
        new: tuple[stats.Score, ...],
        score: float,
    ) -> Verdict:
        test = stats.superiority(old, new, higher_is_better=self.metric.higher_is_better)
        mean = "" if self.metric.name.startswith("mean-") else "mean "
        numbers = (
            f"{mean}{self.metric.name} {self._mean(old)} -> {self._mean(new)} "
            f"(p = {test.p:.2g}, A12 = {test.effect:.2f}, {test.before} runs before, {test.after} after)"
        )
        lost = len(after.failures) / len(new) - len(before.failures) / len(old)
        if lost > 0:
            harm = f"{len(after.failures)} of {len(new)} runs failed: {_why_failed(after)}"
            return Verdict(Outcome.HARMFUL, f"{numbers}; {harm}", harm=harm, score=score)
        gained = test.gain >= self.smallest_gain(old) or (math.isnan(test.gain) and test.effect == 1)
        better = test.p < ALPHA and test.effect >= stats.LARGE_EFFECT and gained
        if better:
            return self._better(after, new, numbers, score)
        if test.effect > 0.5 and stats.smallest_p(len(old), len(new)) >= ALPHA:
            return Verdict(Outcome.INCONCLUSIVE, f"{numbers}; too few runs to tell", score=score)
        worse = stats.superiority(new, old, higher_is_better=self.metric.higher_is_better)
        if worse.p < ALPHA and worse.effect >= stats.LARGE_EFFECT and worse.gain >= self.smallest_gain(old):
            return Verdict(Outcome.HARMFUL, f"{numbers}; worse than before", harm="worse than before", score=score)
        return Verdict(Outcome.NO_EFFECT, f"{numbers}; {after.stopped or _why_no_better(test)}", score=score)

    def _better(self, after: Evidence, new: tuple[stats.Score, ...], numbers: str, score: float) -> Verdict:
        trivial = after.trivial(after.rows)
        if trivial is not None and self._orient(stats.mean(new)) <= self._orient(trivial):
            sentence = f"{numbers}; but no better than always predicting the same ({trivial:.4g})"
            return Verdict(Outcome.NO_EFFECT, sentence, score=score)
        if self.goal is not None and self.meets_goal(new):
            return Verdict(Outcome.PLAUSIBLE, f"{numbers}; meets the goal {self.goal:g}", score=score, accepted=True)
        perfect = self.metric.perfect is not None and stats.mean(new) == self.metric.perfect
        rest = "" if self.goal is None else f"; {self._missed(new)}"
        return Verdict(Outcome.IMPROVED, numbers + rest, score=score, accepted=self.goal is None and perfect)

    def keeps(self, full: Evidence, smaller: Evidence) -> bool:
        """The smaller patch is as good in the mean, or shown not to be worse by the smallest gain that matters.

        And it still meets the goal. What a change on top brings is for that change to show.
        """
        rows = smaller.rows
        reference, candidate = full.scores(rows), smaller.scores(rows)
        if len(candidate) < len(reference) or smaller.failures:
            return False
        margin = self.smallest_gain(reference)
        goal_kept = self.goal is None or self.meets_goal(candidate) or not self.meets_goal(reference)
        as_good = self._orient(stats.mean(candidate)) >= self._orient(stats.mean(reference))
        p = stats.not_worse(reference, candidate, margin=margin, higher_is_better=self.metric.higher_is_better)
        return goal_kept and (as_good or p < ALPHA)

    def _missed(self, scores: tuple[stats.Score, ...]) -> str:
        if self._reaches(stats.mean(scores)):
            reached = sum(score is not None and self._reaches(score) for score in scores)
            return f"the goal {self.goal:g} is met on average, but in {reached} of {len(scores)} runs only"
        return f"the goal {self.goal:g} is not met"

    def _reaches(self, score: float) -> bool:
        return self.goal is not None and self._orient(score) >= self._orient(self.goal)

    def _orient(self, score: float) -> float:
        if math.isnan(score):
            return -math.inf
        return score if self.metric.higher_is_better else -score

    def _mean(self, scores: tuple[stats.Score, ...]) -> str:
        middle = stats.mean(scores)
        return "(every run failed)" if math.isnan(middle) else f"{middle:.4g}"


def _why_no_better(test: stats.Superiority) -> str:
    if test.p >= ALPHA:
        return "no clear difference"
    # Ranks can tell that runs are better though one that is far worse pulls the mean down.
    return "most runs are better, but not their mean" if test.gain <= 0 else "the gain is too small to matter"


def _why_failed(evidence: Evidence) -> str:
    if not evidence.runs:
        return evidence.stopped or "it was not run"
    reasons = Counter(
        run.result.detail or run.result.end.value if not run.result.ok else "its predictions are not finite"
        for run in evidence.failures
    )
    return reasons.most_common(1)[0][0] if reasons else ""

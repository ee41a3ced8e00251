"""The three published criteria of a correct patch: weak correct, strong correct, semantically matched.

They compare a patch with the fix that a person made, so they are for programs whose fix is known; netmend's own verdict
(`netmend.repairs.program.oracle`) needs none. B, F and P are the scores of the buggy program, the fix and the patch.

    D(X, Y)    p < 0.05 and |d| >= 0.2
    weak       the mean of P is strictly better than that of B, and D(B, P)
    strong     the mean of P is at least as good as that of F, or not D(F, P)
    matched    patch and fix are the same program in canonical form; needs no training

p belongs to the group's coefficient in the linear model `score ~ group` with normal errors: a Wald test, two-sided, by
the normal distribution, as generalised linear models are tested. d is Cohen's, with the pooled variance.

What the definition leaves open is decided here:

- p is exact; the published figures rest on a p rounded to three places.
- Without any variance in either sample D holds if the means differ: the limit of both statistics.
- A failed run of the buggy program or of the fix counts as a constant answer. A patch with a failed run is neither weak
  nor strong.
- Strong does not imply weak, as published: the fix itself may be hardly better than the fault.

Runs are made 3, 8 and 20 at a time, more only for patches that may still be weak (`goes_on`).

References:
    Wang et al., "Element-based automated DNN repair with fine-tuned masked language model", FSE 2025; D after
    Humbatova et al., "DeepCrime", ISSTA 2021, section 3.3.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass

from netmend.core.stats import Score
from netmend.program.blame import Value
from netmend.program.elements._find import find_all
from netmend.program.sequence.read import AFTER, WORD, sequence_of
from netmend.program.source import Program

ALPHA, SMALLEST_EFFECT = 0.05, 0.2
"""Of D; as published."""

LOOKS = (3, 8, 20)
"""Runs after which a patch is looked at; 20 as published, the others our own choice."""


@dataclass(frozen=True, slots=True)
class Difference:
    """How two samples of runs differ.

    Attributes:
        p: of the hypothesis that they do not. d: mean of the first less that of the second, in pooled deviations.
    """

    p: float
    d: float

    @property
    def holds(self) -> bool:
        """D: the difference is significant and not negligible."""
        return self.p < ALPHA and abs(self.d) >= SMALLEST_EFFECT


@dataclass(frozen=True, slots=True)
class Correct:
    """Which of the criteria that need training a patch meets."""

    weak: bool
    strong: bool


def difference(one: Sequence[float], other: Sequence[float]) -> Difference:
    """How two samples differ.

    Raises:
        ValueError: a sample is empty, or both have a single run, so that nothing is known of the variance.
    """
    freedom = len(one) + len(other) - 2
    if not one or not other or freedom < 1:
        raise ValueError("a difference needs a run on each side and three in all")
    gap = statistics.fmean(one) - statistics.fmean(other)
    squares = sum(math.fsum((value - statistics.fmean(each)) ** 2 for value in each) for each in (one, other))
    deviation = math.sqrt(squares / freedom)
    if deviation == 0:
        return Difference(1.0, 0.0) if gap == 0 else Difference(0.0, math.copysign(math.inf, gap))
    wald = gap / (deviation * math.sqrt(1 / len(one) + 1 / len(other)))
    return Difference(math.erfc(abs(wald) / math.sqrt(2)), gap / deviation)


def correct(
    buggy: Sequence[Score], fixed: Sequence[Score], patched: Sequence[Score], *, trivial: float, higher_is_better: bool
) -> Correct:
    """Which criteria a patch meets.

    Args:
        buggy, fixed, patched: a score for each run, None for a failed one; of one metric and on the same rows.
        trivial: what a constant answer scores on these rows.

    Raises:
        ValueError: see `difference`.
    """
    runs = _finite(patched)
    if len(runs) < len(patched):
        return Correct(weak=False, strong=False)
    before, truth = (_finite(scores, instead=trivial) for scores in (buggy, fixed))
    gain, loss = (_gain(each, runs, higher_is_better=higher_is_better) for each in (before, truth))
    return Correct(
        weak=gain > 0 and difference(before, runs).holds, strong=loss >= 0 or not difference(truth, runs).holds
    )


def goes_on(buggy: Sequence[Score], patched: Sequence[Score], *, trivial: float, higher_is_better: bool) -> bool:
    """Whether a patch is worth the runs up to the next of `LOOKS`: none failed, and their mean is better.

    A patch that is better than 20 buggy runs by one deviation is lost after 3 runs in one of 19 cases: the normal
    distribution at 1 / sqrt(1/3 + 1/20). One that is better by two is lost in one of 1,600.
    """
    runs = _finite(patched)
    before = _finite(buggy, instead=trivial)
    return len(runs) == len(patched) and _gain(before, runs, higher_is_better=higher_is_better) > 0


def _finite(scores: Sequence[Score], instead: float = math.nan) -> list[float]:
    """The scores, with `instead` for failed runs, which are left out if that is nan."""
    filled = [instead if score is None or not math.isfinite(score) else score for score in scores]
    return [score for score in filled if not math.isnan(score)]


def _gain(before: Sequence[float], after: Sequence[float], *, higher_is_better: bool) -> float:
    gap = statistics.fmean(after) - statistics.fmean(before)
    return gap if higher_is_better else -gap


Canonical = tuple[tuple[str, str, Value], ...]
"""Kind, role of the layer, and value of everything that a training consists of, in the order of computation."""


def canonical(program: Program) -> Canonical | None:
    """A program in canonical form; None if it shows no model that is trained.

    Names of variables, the way something is written, and whether a default is written make no difference; numbers are
    exact.
    """
    sequence = sequence_of(program)
    if sequence is None:
        return None
    values = {element.id: element.value for element in find_all(program)}
    return tuple(
        (token.kind, role, values[token.element] if values.get(token.element) is not None else token.value)
        for token, role in zip(sequence.tokens, sequence.roles, strict=True)
        if token.kind not in (WORD, AFTER)
    )


def matched(patched: Program, fixed: Program) -> bool:
    """Whether a patched program is semantically the fix."""
    form = canonical(fixed)
    return form is not None and canonical(patched) == form

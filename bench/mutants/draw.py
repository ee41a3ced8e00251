"""Which mutants are repaired: drawn from correct programs, and kept if they are clearly worse.

Programs come in two shares. *tuning*: constants of netmend may be chosen on their mutants. *reporting*: nothing may be,
and nothing was; `tests/bench/mutants` checks that the two have no program in common, nor one with the published faults.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path

from bench.localiser.collect import TRAINING_DATA, sample
from netmend.core.stats import Score, mean
from netmend.mutation.killing import Decision, Status, decide
from netmend.mutation.mutant import Mutant
from netmend.program.source import Program
from netmend.training.metrics._base import Metric

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
SHARES = {
    "tuning": (ROOT / "bench" / "localiser" / "programs", ROOT / "tests" / "subjects" / "correct"),
    "reporting": (HERE / "programs",),
}
POOL, PER_PROGRAM, SEED = 30, 10, 1
"""Of the first 30 mutants, operators in turn and the harshest values first, ten are drawn at random."""

CLEARLY = 2
"""So many of the smallest gains that matter (`netmend.training.metrics`) a mutant's mean must be worse by; so in
`bench.localiser` too."""


def programs(share: str) -> list[Path]:
    """The correct programs of a share, in the order of their names."""
    return sorted((path for folder in SHARES[share] for path in folder.glob("*.py")), key=lambda path: path.name)


def drawn(program: Program) -> Iterator[Mutant]:
    """The mutants of a program that are trained.

    Not those of the training data: no change of a program gives back rows that were made noise.
    """
    pool = [mutant for mutant in sample(program, POOL, SEED) if mutant.truth[0].kind != TRAINING_DATA]
    yield from random.Random(SEED).sample(pool, min(PER_PROGRAM, len(pool)))


def decision(original: tuple[Score, ...], mutant: tuple[Score, ...], metric: Metric) -> Decision:
    """Killed (exact test, Cohen's d of 0.5 or more) and worse by a difference that matters; else it survived."""
    found = decide(original, mutant, metric)
    if found.status is Status.KILLED:
        lost = -metric.gain(mean(original), mean(mutant))
        if lost < CLEARLY * metric.smallest_gain_from(mean(original)):
            return Decision(Status.SURVIVED, f"{found.sentence}: too small a difference", found.p, found.d)
    return found

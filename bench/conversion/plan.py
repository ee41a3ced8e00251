"""Which cells there are: controls, every fault alone, and several together."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import ClassVar

from bench.conversion.cell import Case, made, runs
from bench.conversion.subjects import Subject
from netmend.repairs.conversion.faults._base import faults

TRIES = 4
"""Draws of a place for a fault that the runtime has to accept."""

SHOWN_ON = 6
"""Rows on which an injected fault has to show."""

LEFT_OUT = ("baked-batch", "implicit-quantisation")
"""The first shows only in another batch than the one it is drawn for, and the second is a precision that may have been
asked for, which is a verdict of its own; the conformance tests hold both."""


@dataclass(frozen=True, slots=True, eq=False)
class Cell:
    """A pair and what is put into its target: no faults in a control.

    Attributes:
        faults: types, of which the first `count` that have a place are put in.
    """

    KEY: ClassVar[tuple[str, ...]] = ("subject", "spelling", "faults", "seed")

    subject: Subject
    spelling: str
    faults: tuple[str, ...]
    seed: int
    count: int = 1

    @property
    def key(self) -> dict[str, str]:
        """As the first columns of a row."""
        what = f"{self.count} faults" if self.count > 1 else "".join(self.faults)
        values = self.subject.name, self.spelling.replace(",", ";"), what, str(self.seed)
        return dict(zip(self.KEY, values, strict=True))

    def case(self) -> Case | None:
        """The target; None where a fault has no place in it."""
        healthy = self.subject.targets()[self.spelling]
        rows = self.subject.rows(SHOWN_ON, 3)
        for tried in range(TRIES):
            case = made(healthy, self.faults, rows, f"{self.key} {tried}", self.count if self.faults else 0)
            if case is None or runs(case.graph, rows):
                return case
        return None


def cells(subjects: Mapping[str, Subject], seeds: int) -> Iterator[Cell]:
    """All cells, those of a seed before those of the next; within a seed small networks first."""
    known = [name for name in faults() if name not in LEFT_OUT]
    for seed in range(seeds):
        for subject in subjects.values():
            if subject.missing:
                continue
            spelled = list(subject.targets())
            if seed == 0:
                yield from (Cell(subject, spelling, (), 0) for spelling in spelled)
            for name in known:
                # Each draws by itself, so that a new type of fault leaves the cells of the others as they are.
                chance = random.Random(f"{subject.name} {seed} {name}")
                yield Cell(subject, chance.choice(spelled), (name,), seed)
            for count in (2, 3, 4, 5):
                chance = random.Random(f"{subject.name} {seed} {count}")
                yield Cell(subject, chance.choice(spelled), tuple(chance.sample(known, len(known))), seed, count)

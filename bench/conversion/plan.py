"""Which cells there are: controls, every fault alone, several together, and the published cases.

What the tool was developed on and what is reported are kept apart by network and seed, see `developed_on`.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

from bench.architecture.results import Row
from bench.conversion.cell import Case, made, runs
from bench.conversion.published import PUBLISHED, Published
from bench.conversion.subjects import Subject, fed
from netmend.network.graph import Graph
from netmend.repairs.conversion.faults._base import faults

TRIES = 4
"""Draws of a place for a fault that the runtime has to accept."""

SHOWN_ON = 6
"""Rows on which an injected fault has to show."""

LEFT_OUT = ("baked-batch", "implicit-quantisation")
"""The first shows only in another batch than the one it is drawn for, and the second is a precision that may have been
asked for, which is a verdict of its own; the conformance tests hold both."""

DEVELOPED = (
    *("convolutional", "flattened", "resized", "attentive", "recurrent", "whole_numbers", "grouped", "ranges"),
    *("quantised", "branched", "pictures", "upsampled", "mobile", "transformer", "reader", "resnet20", "mobilenet-v1"),
)
"""Networks of which some seeds were gone through case by case while the tool was made: 0, and all from `LOOKED_AT` on.
All else is reported."""

LOOKED_AT = 9


def developed_on(row: Row) -> bool:
    """Whether a result is of a cell that the tool was developed on."""
    return row["subject"] in DEVELOPED and (row["seed"] == "0" or int(row["seed"]) >= LOOKED_AT)


@dataclass(frozen=True, slots=True, eq=False)
class Cell:
    """A pair and what is put into its target: no faults in a control.

    Attributes:
        faults: types, of which the first `count` that have a place are put in; a bar separates alternatives.
        published: a case of `PUBLISHED`.
    """

    KEY: ClassVar[tuple[str, ...]] = ("subject", "spelling", "faults", "seed")

    subject: Subject
    spelling: str
    faults: tuple[str, ...]
    seed: int
    count: int = 1
    published: Published | None = None

    @property
    def key(self) -> dict[str, str]:
        """As the first columns of a row."""
        what = f"{self.count} faults" if self.count > 1 else "".join(self.faults)
        if self.published is not None:
            what = f"published {PUBLISHED.index(self.published) + 1}"
        values = self.subject.name, self.spelling.replace(",", ";"), what, str(self.seed)
        return dict(zip(self.KEY, values, strict=True))

    def case(self) -> Case | None:
        """The target; None where a fault has no place in it."""
        healthy = self.healthy()
        rows = self.subject.rows(SHOWN_ON, 3)
        count = self.count if self.faults else 0
        for tried in range(TRIES):
            case = made(healthy, self.faults, fed(healthy, rows), f"{self.key} {tried}", count)
            if case is not None and runs(case.graph, rows):
                return case
            # What a published log edits has its place, and was drawn where another of its edits is already.
            if case is None and self.published is None:
                return None
        return None

    def healthy(self) -> Graph:
        """The target without faults; of several spellings that would do, the first that there is."""
        targets = self.subject.targets()
        return next(targets[name] for name in self.spelling.split("|") if name in targets)


def cells(subjects: Mapping[str, Subject], seeds: int) -> Iterator[Cell]:
    """All cells, those of a seed before those of the next; within a seed small networks first."""
    present = {name: subject for name, subject in subjects.items() if not subject.missing}
    for case in PUBLISHED:
        if case.subject in present:
            yield Cell(present[case.subject], case.spelling, case.faults, 0, len(case.faults), case)
    for seed in range(seeds):
        for subject in present.values():
            yield from _of(subject, seed)


def _of(subject: Subject, seed: int) -> Iterator[Cell]:
    """The cells of a network; where it has targets for TFLite, faults are put into these too."""
    known = [name for name in faults() if name not in LEFT_OUT]
    spelled = list(subject.targets())
    if seed == 0:
        yield from (Cell(subject, spelling, (), 0) for spelling in spelled)
    pools = [[name for name in spelled if name.startswith("tflite") == wanted] for wanted in (False, True)]
    for what, pool in zip(("", " tflite"), pools, strict=True):
        if not pool:
            continue
        for name in known:
            # Each draws by itself, so that a new type of fault leaves the cells of the others as they are.
            chance = random.Random(f"{subject.name} {seed} {name}{what}")
            yield Cell(subject, chance.choice(pool), (name,), seed)
        for count in (2, 3, 4, 5):
            key = f"{subject.name} {seed} {count}{what}"
            yield Cell(subject, random.Random(key).choice(pool), _dealt(known, key), seed, count)


def _dealt(names: Sequence[str], key: str) -> tuple[str, ...]:
    """In an order of chance that a further name does not change: it comes somewhere in between."""
    return tuple(sorted(names, key=lambda name: random.Random(f"{key} {name}").random()))

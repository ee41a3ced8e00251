"""Tiny faulty subjects for testing the loop and proposers: no framework, no process, no file; results in microseconds.

A `ToySubject` is a table of settings, of which some are wrong. Its score falls with each wrong one and varies with the
seed, so that everything a real repair meets can be played through: noise, useless changes, harmful ones, crashes.
"""

from __future__ import annotations

import hashlib
import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from netmend.core import stats
from netmend.core.records import Diagnosis, Draw, Outcome, Suspect, Verdict
from netmend.core.repairer import Listed, Proposer

ALPHA = 0.05


@dataclass(frozen=True)
class ToyPatch:
    """Settings to change. Fulfils `netmend.core.repairer.Patch`."""

    changes: tuple[tuple[str, str], ...] = ()

    @property
    def id(self) -> str:
        """Hash of the changes, in any order."""
        return hashlib.sha256(repr(sorted(self.changes)).encode()).hexdigest()

    @property
    def size(self) -> int:
        """How many settings it changes."""
        return len(self.changes)

    def describe(self) -> str:
        """For a person."""
        return ", ".join(f"{name}={value}" for name, value in self.changes) or "no change"

    def smaller(self) -> Iterator[ToyPatch]:
        """Every patch with one change undone."""
        for change in self.changes:
            yield ToyPatch(tuple(other for other in self.changes if other != change))

    def write(self, folder: Path) -> None:
        """Write the changed settings as a file."""
        (folder / "settings.txt").write_text(self.describe())


@dataclass(frozen=True)
class ToyEvidence:
    """Scores of the runs of one draw; None is a crash."""

    draw: Draw
    scores: tuple[float | None, ...]


@dataclass(frozen=True)
class ToyObservation:
    """The baseline runs."""

    evidence: ToyEvidence


@dataclass
class ToySubject:
    """A faulty subject and its repairer in one.

    Attributes:
        settings: as they are. right: as they should be; each wrong one costs its weight (0.1 unless stated).
        options: what else could be tried, in the order in which it is proposed.
        crashing: settings that crash. noise: spread of the score between seeds.
        goal: score to reach; None if only better is asked. runs_made: counts every run.
        believes_anything: the judge accepts whatever is not significantly different: the mistake a control must catch.
    """

    settings: Mapping[str, str]
    right: Mapping[str, str]
    options: tuple[tuple[tuple[str, str], ...], ...] = ()
    weights: Mapping[str, float] = field(default_factory=dict)
    crashing: frozenset[tuple[str, str]] = frozenset()
    noise: float = 0.01
    goal: float | None = None
    believes_anything: bool = False
    runs_made: int = 0
    interrupt_after: int | None = None

    def observe(self, draw: Draw) -> ToyObservation:
        """Run it as it is."""
        return ToyObservation(self.try_out(ToyPatch(), draw))

    def diagnose(self, observation: ToyObservation) -> Diagnosis:
        """Every setting is a suspect."""
        return Diagnosis(suspects=tuple(Suspect(name, name, 0.5) for name in self.settings))

    def propose(self, observation: ToyObservation, diagnosis: Diagnosis) -> Proposer[ToyPatch, ToyEvidence]:
        """The options in order."""
        return Listed((ToyPatch(option) for option in self.options), runs=5)

    def try_out(self, patch: ToyPatch, draw: Draw) -> ToyEvidence:
        """Score the changed settings once per seed."""
        return ToyEvidence(draw, tuple(self._score(patch, seed) for seed in draw.seeds))

    def judge(self, before: ToyEvidence, after: ToyEvidence) -> Verdict:
        """Superiority by ranks, and the goal."""
        if all(score is None for score in after.scores):
            return Verdict(Outcome.INVALID, "it crashes")
        test = stats.superiority(before.scores, after.scores, higher_is_better=True)
        score = stats.mean(after.scores)
        matters = 3 * self.noise
        if test.p >= ALPHA and not self.believes_anything:
            return Verdict(Outcome.NO_EFFECT, f"p = {test.p:.2g}", score=score, matters=matters)
        if self.satisfied(after):
            return Verdict(Outcome.PLAUSIBLE, f"p = {test.p:.2g}", score=score, matters=matters, accepted=True)
        return Verdict(Outcome.IMPROVED, f"p = {test.p:.2g}", score=score, matters=matters)

    def nothing(self) -> ToyPatch:
        """The empty patch."""
        return ToyPatch()

    def satisfied(self, evidence: ToyEvidence) -> bool:
        """Every run reaches the goal."""
        return self.goal is not None and all(score is not None and score >= self.goal for score in evidence.scores)

    def pool(self, one: ToyEvidence, other: ToyEvidence) -> ToyEvidence:
        """Both samples."""
        return ToyEvidence(one.draw, one.scores + other.scores)

    def keeps(self, full: ToyEvidence, smaller: ToyEvidence) -> bool:
        """Not worse by three times the noise."""
        return stats.not_worse(full.scores, smaller.scores, margin=3 * self.noise, higher_is_better=True) < ALPHA

    def rediagnose(self, observation: ToyObservation, patch: ToyPatch, evidence: ToyEvidence) -> Diagnosis:
        """The settings that are not changed remain suspects."""
        changed = dict(patch.changes)
        return Diagnosis(suspects=tuple(Suspect(name, name, 0.5) for name in self.settings if name not in changed))

    def _score(self, patch: ToyPatch, seed: int) -> float | None:
        self.runs_made += 1
        if self.interrupt_after is not None and self.runs_made > self.interrupt_after:
            raise KeyboardInterrupt
        if self.crashing & set(patch.changes):
            return None
        settings = {**self.settings, **dict(patch.changes)}
        lost = sum(self.weights.get(name, 0.1) for name, value in self.right.items() if settings[name] != value)
        generator = random.Random(f"{patch.id}/{seed}")
        return 1 - lost + generator.gauss(0, self.noise)

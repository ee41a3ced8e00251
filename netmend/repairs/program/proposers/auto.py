"""Local first: single changes around the user's program in order of suspicion, then combinations, then a wider search.

*What it is.* A best-first search over small patches. It starts from the program as it is, because the repair of a
faulty program is usually one to three changes away.

*How it works.* Every single change gets a score: how suspect its element is (static rules, symptoms, prior) times how
promising the value is. The best is tried first. A patch that improves on the program becomes a new starting point: its
own runs are diagnosed, and its next changes join the same queue, ahead of those from starting points that are worse.
When the queue is empty, pairs and triples of the single changes that measured best are tried, then random steps on a
log scale around the best patch so far. A change that looks doubtful and would be costly is first tried at a share of
the epochs and goes on only if it is among the best third seen there.

*When it is wrong.* If the fault lies outside the elements (in the data, in an unusual layer), it spends its budget
around the wrong place.

*References.* Kim et al., ICST 2023 (budget, published space); Li et al., "A System for Massively Parallel
Hyperparameter Tuning", MLSys 2020 (asynchronous halving); Humbatova et al., EMSE 30:124, 2025 (distance of fixes).
"""

from __future__ import annotations

import heapq
import itertools
import random
from collections.abc import Iterator
from dataclasses import dataclass, field

from netmend.core.errors import Unchangeable
from netmend.core.records import Outcome, Trial
from netmend.core.repairer import Proposal
from netmend.program.edits import SourcePatch
from netmend.repairs.program.evidence import Evidence
from netmend.repairs.program.proposers._base import ProposerKind, Start
from netmend.repairs.program.space import Assignment, Move

PATIENCE = 10
"""Without a goal, stop after so many full trials that did not beat the best. Chosen as about the number of single
changes of the five most suspect elements with two values each; not tuned."""

MOST_CHANGES = 4
"""No patch changes more elements: beyond the three of the reference fixes plus one to be minimised away."""

SCREEN_FROM_SECONDS = 5.0
"""Trainings shorter than this are tried in full at once: start-up, not training, is then what they cost."""

SCREEN_EFFORT = 1 / 3
"""Share of the epochs of a screening run: the reduction factor of 3 of successive halving (Jamieson & Talwalkar,
AISTATS 2016; Li et al., MLSys 2020 use 3 or 4)."""

DOUBTFUL = 0.5
"""Changes that score at least this are tried in full at once: a finding points to them."""


@dataclass(order=True, slots=True)
class _Entry:
    """A candidate in the queue: worst-first keys are negated so that the heap gives the best."""

    key: tuple[float, int]
    assignment: Assignment = field(compare=False)
    reason: str = field(compare=False)
    score: float = field(compare=False)
    screened: bool = field(compare=False, default=False)


class _Auto:
    """Ask and tell; see the module's docstring."""

    def __init__(self, start: Start) -> None:
        self._start = start
        self._random = random.Random(start.seed)
        self._count = itertools.count()
        self._queue: list[_Entry] = []
        self._seen: set[str] = set()
        self._asked: dict[str, _Entry] = {}
        self._measured: list[tuple[float, Assignment]] = []
        self._screened: list[float] = []
        self._best = float("-inf")
        self._best_assignment: Assignment = {}
        self._improved = False
        self._idle = 0
        self._wider = self._combinations()
        self._expand({}, start.moves({}, start.traces), ahead=0.0)

    def ask(self) -> Proposal[SourcePatch] | None:
        if self._improved and not self._start.has_goal and self._idle >= PATIENCE:
            return None
        while self._queue:
            proposal = self._proposal(heapq.heappop(self._queue))
            if proposal is not None:
                return proposal
        for assignment, reason in self._wider:
            proposal = self._proposal(_Entry((0.0, next(self._count)), assignment, reason, 1.0))
            if proposal is not None:
                return proposal
        return None

    def tell(self, trial: Trial[SourcePatch, Evidence]) -> None:
        entry = self._asked.get(trial.patch.id)
        if entry is None:
            return
        score = trial.verdict.score
        if trial.draw.effort < 1:
            self._promote(entry, score)
            return
        self._measured.append((score, entry.assignment))
        better = trial.verdict.outcome in (Outcome.IMPROVED, Outcome.PLAUSIBLE)
        self._idle += 1
        if better and score > self._best:
            self._best, self._best_assignment, self._idle, self._improved = score, entry.assignment, 0, True
            traces = [run.result.trace for run in trial.evidence.runs if run.result.trace is not None]
            if len(entry.assignment) < MOST_CHANGES and traces:
                self._expand(entry.assignment, self._start.moves(entry.assignment, traces), ahead=1.0)

    def _expand(self, base: Assignment, moves: list[Move], ahead: float) -> None:
        """Queue every single change of a starting point; `ahead` puts them before those of worse starting points."""
        for move in moves:
            assignment = {**base, move.element.id: move.value}
            key = (-(ahead * len(base) + move.score), next(self._count))
            heapq.heappush(self._queue, _Entry(key, assignment, move.reason, move.score))

    def _proposal(self, entry: _Entry) -> Proposal[SourcePatch] | None:
        try:
            patch = self._start.space.patch(entry.assignment)
        except Unchangeable:
            return None
        screen = not entry.screened and entry.score < DOUBTFUL and self._screening_pays(entry.assignment)
        mark = f"{patch.id}/{'screen' if screen else 'full'}"
        if patch.size == 0 or mark in self._seen:
            return None
        self._seen.add(mark)
        self._asked[patch.id] = entry
        if screen:
            return Proposal(patch, 1, SCREEN_EFFORT, entry.reason)
        return Proposal(patch, self._start.runs, 1.0, entry.reason)

    def _screening_pays(self, assignment: Assignment) -> bool:
        """Short trainings are not worth screening; changes of the training length itself cannot be screened."""
        kinds = {self._start.space.element(identity).kind for identity in assignment}
        epochs = [element for element in self._start.space.elements if element.kind == "epochs"]
        return (
            self._start.train_seconds >= SCREEN_FROM_SECONDS
            and not kinds & {"epochs", "batch-size"}
            and any(isinstance(element.value, int) and element.value >= 3 for element in epochs)
        )

    def _promote(self, entry: _Entry, score: float) -> None:
        """Asynchronous halving: go on with what is among the best third of all that was screened so far."""
        self._screened.append(score)
        rank = sum(other > score for other in self._screened)
        if rank < max(1, len(self._screened) * SCREEN_EFFORT):
            key = (-1.0 - entry.score, next(self._count))
            heapq.heappush(self._queue, _Entry(key, entry.assignment, entry.reason, entry.score, screened=True))

    def _combinations(self) -> Iterator[tuple[Assignment, str]]:
        """Pairs and triples of the single changes that measured best, then random steps around the best patch."""
        singles = [a for _, a in sorted(self._measured, key=lambda item: -item[0]) if len(a) == 1][:6]
        for size in (2, 3):
            for chosen in itertools.combinations(singles, size):
                merged = {key: value for assignment in chosen for key, value in assignment.items()}
                if len(merged) == size:
                    yield merged, f"{size} of the best single changes together"
        # A program with few elements has few neighbours: give up once new ones stop turning up.
        for _ in range(1000):
            yield self._start.space.random(self._random, self._best_assignment), "a random step around the best so far"


KIND = ProposerKind(start=_Auto)

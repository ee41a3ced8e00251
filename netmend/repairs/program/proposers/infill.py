"""Element by element: hide what stands there, and let a model of correct programs say what should.

*What it is.* Repair in the way of MLM4DNN, with a model that ranks what may legally stand at an element instead of
writing free text, and with the odds of what stands there as the measure of suspicion. No run has to show what is wrong.

*How it works.* Every element is hidden in turn, written or not, and all legal values for it are scored in sight of
the rest. The gain of a change is log p(new) - log p(present). One queue over all elements, best first, three values of
each at most: single values, arguments that are missing, elements that go together (loss, last activation and last
units; optimiser and rate; all hidden activations), layers added, removed and replaced, templates of input scaling. A
costly training counts less, by the square root of its cost. Static checks drop what cannot train, means the same, or
would win by measuring otherwise; what is left is tried. A patch that improves is the next starting point: everything is
scored anew with it. Each value that did not help halves the odds of the others of its element. What only trains longer
is never first, and every third at most.

*When it is wrong.* It knows what programs are like, not what they are for: a rare choice that is right looks as odd as
a wrong one, and a usual value that is wrong here does not. It sees no data. Elements that programs seldom name
(regularisers, clipping, class weights) it leaves to `auto`, which uses the same model for the order of its changes.

*References.* Wang et al., "Element-based automated DNN repair with fine-tuned masked language model", FSE 2025 (hiding
elements, static rules); `docs/infill.md`.
"""

from __future__ import annotations

import heapq
import itertools
import math
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from netmend.core.exhibits import Exhibit
from netmend.core.records import Outcome, Trial
from netmend.core.repairer import Proposal, worth
from netmend.program.edits import SourcePatch
from netmend.program.sequence.read import Sequence, sequence_of
from netmend.repairs.program.evidence import Evidence
from netmend.repairs.program.infill._holes import About
from netmend.repairs.program.infill._scorer import DEFAULT, filled_by
from netmend.repairs.program.proposers._base import ProposerKind, Start
from netmend.repairs.program.proposers._candidates import Candidate, View
from netmend.repairs.program.proposers._legal import too_dear
from netmend.repairs.program.proposers._report import Line, queued
from netmend.repairs.program.proposers._sieve import Sieve
from netmend.repairs.program.proposers.auto import MOST_CHANGES, PATIENCE
from netmend.repairs.program.space import Assignment

HALF = math.log(2)
"""What each value that did not help takes from the others of its element: even odds that it is not at fault, as in
`auto`."""

PAIRED = 6
"""Single changes that are paired with each other: 15 pairs, more than most budgets pay for. Own choice."""

EVERY = 3
"""Patches that only train longer are every third at most: they win without showing a fault. Own choice."""

ANNOUNCED = 20
"""Candidates that the gate is told of at a time: about as many as a budget of 20 trainings pays for."""


@dataclass(slots=True)
class _Entry:
    """A candidate in the queue. `ahead`: how many starting points came before its own."""

    candidate: Candidate
    base: Assignment
    cost: float
    ahead: int = 0
    discounted: int = 0

    @property
    def changed(self) -> frozenset[str]:
        given = self.candidate.assignment
        return frozenset(key for key in given if key not in self.base or self.base[key] != given[key])

    @property
    def key(self) -> tuple[int, float]:
        """Smallest first: later starting points, then gain; half the logarithm of the cost is its square root."""
        gain = self.candidate.gain - math.log(max(self.cost, 1.0)) / 2 - HALF * self.discounted
        return -self.ahead, -gain


class Infill:
    """Ask and tell; see the module's docstring."""

    def __init__(self, start: Start) -> None:
        self._start = start
        self._count = itertools.count()
        self._queue: list[tuple[tuple[int, float], int, _Entry]] = []
        self._asked: dict[str, _Entry] = {}
        self._lines: dict[str, Line] = {}
        self._failed: Counter[str] = Counter()
        self._best = -math.inf
        self._idle = self._starts = self._since_longer = 0
        self._improved = False
        sequence = sequence_of(start.space.program)
        self._view: View | None = None
        if sequence is None:
            return
        trace = start.traces[0] if start.traces else None
        self._sieve = Sieve(start.space, sequence, trace, lambda assignment: too_dear(start, assignment))
        scorer, self._wishes = filled_by(start.filler, start.space.program, start.tell)
        self._view = View(About(scorer), start.space, sequence, trace, self._sieve.needed_width())
        for wish in self._wishes.found:
            self._enter({}, self._view.asked(wish), 0)
        self._expand({}, Candidate({}, sequence, 0.0, "", ""), 0)

    def ask(self) -> Proposal[SourcePatch] | None:
        """The next candidate that nothing speaks against."""
        if self._improved and not self._start.has_goal and self._idle >= PATIENCE:
            return None
        waiting: list[_Entry] = []
        proposal = None
        while self._queue and proposal is None:
            _, _, entry = heapq.heappop(self._queue)
            if self._disappointing(entry):
                continue
            if entry.candidate.what == "only longer" and self._since_longer < EVERY - 1 and self._others():
                waiting.append(entry)
                continue
            proposal = self._proposal(entry)
        for entry in waiting:
            self._push(entry)
        return proposal

    def tell(self, trial: Trial[SourcePatch, Evidence]) -> None:
        """What the trial of a candidate showed."""
        entry = self._asked.get(trial.patch.id)
        if entry is None:
            return
        self._lines[trial.patch.id].outcome = str(trial.verdict.outcome)
        better = trial.verdict.outcome in (Outcome.IMPROVED, Outcome.PLAUSIBLE)
        self._idle += 1
        if not better and len(entry.changed) == 1:
            self._failed[next(iter(entry.changed))] += 1
        if better and worth(trial) > self._best:
            self._best, self._idle, self._improved = worth(trial), 0, True
            self._starts += 1
            if len(entry.candidate.assignment) < MOST_CHANGES:
                self._expand(entry.candidate.assignment, entry.candidate, self._starts)

    # The queue

    def _expand(self, base: Assignment, candidate: Candidate, ahead: int) -> None:
        """Queue what could be changed next, from a starting point."""
        assert self._view is not None
        found = self._view.candidates(base, candidate.sequence)
        found = [each for each in found if len(each.assignment) <= MOST_CHANGES or each.what == "joint"]
        for each in (*found, *self._pairs(base, candidate.sequence, found)):
            self._enter(base, each, ahead)
        self._announce()

    def _enter(self, base: Assignment, candidate: Candidate, ahead: int) -> None:
        cost = self._start.cost(self._start.space.training_factor(candidate.assignment))
        self._push(_Entry(candidate, base, cost, ahead))

    def _pairs(self, base: Assignment, sequence: Sequence, found: list[Candidate]) -> Iterator[Candidate]:
        """The best single changes, two at a time."""
        assert self._view is not None
        singles = [
            each for each in found if len(each.assignment) == len(base) + 1 and each.what in ("value", "missing")
        ]
        for one, other in itertools.combinations(singles[:PAIRED], 2):
            both = self._view.pair(base, sequence, one, other)
            if both is not None and len(both.assignment) <= MOST_CHANGES:
                yield both

    def _push(self, entry: _Entry) -> None:
        heapq.heappush(self._queue, (entry.key, next(self._count), entry))

    def _others(self) -> bool:
        return any(entry.candidate.what != "only longer" for _, _, entry in self._queue)

    def _disappointing(self, entry: _Entry) -> bool:
        """Put back a single change of an element whose other values have not helped since it was queued."""
        if len(entry.changed) != 1:
            return False
        failed = self._failed[next(iter(entry.changed))]
        if failed <= entry.discounted:
            return False
        entry.discounted = failed
        self._push(entry)
        return True

    def _proposal(self, entry: _Entry) -> Proposal[SourcePatch] | None:
        candidate = entry.candidate
        patch = self._sieve.patch(candidate.assignment, candidate.sequence)
        if patch is None or patch.id in self._asked or entry.cost > self._start.runs_left():
            return None
        self._since_longer = 0 if candidate.what == "only longer" else self._since_longer + 1
        self._asked[patch.id] = entry
        self._lines[patch.id] = Line(patch.describe(), candidate.gain, candidate.what, candidate.reason)
        return Proposal(patch, self._start.runs, 1.0, f"{candidate.what}: {candidate.reason}")

    def _announce(self) -> None:
        """Tell the gate what will probably be tried, so that it can be asked about together where that pays."""
        patches = []
        for _, _, entry in heapq.nsmallest(ANNOUNCED, self._queue):
            patch, reason = self._sieve.judged(entry.candidate.assignment, entry.candidate.sequence)
            if patch is not None and not reason:
                patches.append(patch)
        self._start.expect(patches, None)

    # The report

    def exhibits(self) -> tuple[Exhibit, ...]:
        """What became of each candidate."""
        if self._view is None:
            return ()
        return (queued(list(self._lines.values()), self._sieve.dropped, self._wishes.refused),)


def _described(start: Start) -> str:
    if sequence_of(start.space.program) is None:
        return "the model of programs reads neither layers nor training in this program, so there is nothing to fill in"
    return f"elements filled in by the scorer {start.filler.name or DEFAULT}"


KIND = ProposerKind(start=Infill, describe=_described, exhibits=lambda proposer: proposer.exhibits(), fills=True)

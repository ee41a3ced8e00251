"""Local first: single changes around the user's program in order of suspicion, then combinations, then a wider search.

*What it is.* A best-first search over small patches. It starts from the program as it is, because the repair of a
faulty program is usually one to three changes away.

*How it works.* Every single change gets a score: how suspect its element is (static rules, symptoms, what models have
learned) times how promising the value is, and its odds are those that a model of correct programs gives it. What
promises most for its cost is tried first. Two changes of different elements score the product of theirs, so a pair of
strong suspects comes before a weak one alone; two remedies of one fault of output and loss, of which either suffices,
are no pair. What gives output and loss a fault that a static rule knows is not tried. A patch that improves on the
program becomes a new starting point, unless a smaller one does about as well: its own runs are diagnosed, and its next
changes join the same queue, ahead of those from worse starting points. When the queue is empty, pairs and triples of
the single changes that measured best are tried, then random steps on a log scale around the best patch so far. A change
that looks doubtful and would be costly is first tried at a share of the epochs and goes on only if it is among the best
third seen there. Learning rates that wait around a starting point may be ranked by training them together (`--screen
lanes`).

*When it is wrong.* If the fault lies outside the elements (in the data, in an unusual layer), it spends its budget
around the wrong place.

*References.* Kim et al., ICST 2023 (budget, published space); Li et al., "A System for Massively Parallel
Hyperparameter Tuning", MLSys 2020 (asynchronous halving); Humbatova et al., EMSE 30:124, 2025 (distance of fixes);
Wang et al., FSE 2025, and `docs/infill.md` (the model of programs).
"""

from __future__ import annotations

import heapq
import itertools
import math
import random
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace

from netmend.core.errors import Unchangeable
from netmend.core.records import Outcome, Trial
from netmend.core.repairer import Proposal, worth
from netmend.program.blame import Value
from netmend.program.edits import SourcePatch
from netmend.repairs.program.evidence import Evidence
from netmend.repairs.program.proposers._base import ProposerKind, Start
from netmend.repairs.program.proposers._sieve import alternatives, wrong_output
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

PAIRED = 10
"""Single changes that are paired with each other from the start: 45 pairs at most, more than most budgets pay for."""

DISCOUNT = 0.5
"""Each change of an element that did not help halves the scores of its other single changes: even odds that the element
is not at fault. Not of several together: a fault is often hidden by another until both are mended (measured on mutants,
`docs/architecture-benchmark.md`). Own choice; not tuned."""

POSTPONED = 0.1
"""What remains of the score of a learning rate of which no lane looked promising: behind all that is plausible, and
not out of the queue. Own choice."""

DOUBTFUL = 0.5
"""Changes that score at least this are tried in full at once: a finding points to them."""


@dataclass(slots=True)
class _Entry:
    """A candidate in the queue.

    Attributes:
        base: the starting point it was made from; `ahead` counts how many starting points came before that one.
        score: how promising it looks. cost: of one run, in runs of the program as it is.
        discounted: for how many failures of its element the score was lowered already.
    """

    base: Assignment
    assignment: Assignment
    reason: str
    score: float
    cost: float = 1.0
    ahead: int = 0
    screened: bool = False
    discounted: int = 0

    @property
    def key(self) -> float:
        """Smallest first: later starting points first, then what promises most for its cost.

        Chance of success over cost would find a success soonest among independent alternatives (Kadane & Simon,
        "Optimal strategies for a class of constrained sequential problems", Annals of Statistics 5(2), 1977). Changes
        of a training's length are not independent of the others: much of what helps helps only a training that is long
        enough. So cost counts by its square root. Own choice.
        """
        return -(self.ahead + self.score / math.sqrt(max(self.cost, 1.0)))

    @property
    def changed(self) -> set[str]:
        """The elements it sets to another value than its starting point does."""
        return {key for key, value in self.assignment.items() if key not in self.base or self.base[key] != value}


class _Auto:
    """Ask and tell; see the module's docstring."""

    def __init__(self, start: Start) -> None:
        self._start = start
        self._random = random.Random(start.seed)
        self._count = itertools.count()
        self._queue: list[tuple[float, int, _Entry]] = []
        self._seen: set[str] = set()
        self._asked: dict[str, _Entry] = {}
        self._measured: list[tuple[float, Assignment]] = []
        self._screened: list[float] = []
        self._failed: Counter[str] = Counter()
        self._best = float("-inf")
        self._best_assignment: Assignment = {}
        self._improved = False
        self._idle = 0
        self._starts = 0
        rates = [element.id for element in start.space.elements if element.kind == "learning-rate"]
        self._rate = rates[0] if len(rates) == 1 else ""
        self._ranked: set[frozenset[tuple[str, Value]]] = set()
        self._wider = self._combinations()
        self._expand({}, start.moves({}, start.traces), ahead=0)

    def ask(self) -> Proposal[SourcePatch] | None:
        if self._improved and not self._start.has_goal and self._idle >= PATIENCE:
            return None
        while self._queue:
            self._rank_rates(self._queue[0][2])
            _, _, entry = heapq.heappop(self._queue)
            if self._disappointing(entry):
                continue
            proposal = self._proposal(entry)
            if proposal is not None:
                return proposal
        for assignment, reason in self._wider:
            proposal = self._proposal(_Entry({}, assignment, reason, 1.0, self._cost(assignment)))
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
        if not better and len(entry.changed) == 1:
            self._failed[next(iter(entry.changed))] += 1
        self._idle += 1
        if better and worth(trial) > self._best:
            self._best, self._best_assignment, self._idle, self._improved = worth(trial), entry.assignment, 0, True
            traces = [run.result.trace for run in trial.evidence.runs if run.result.trace is not None]
            if len(entry.assignment) < MOST_CHANGES and traces:
                self._starts += 1
                self._expand(entry.assignment, self._start.moves(entry.assignment, traces), ahead=self._starts)

    def _expand(self, base: Assignment, moves: list[Move], ahead: int) -> None:
        """Queue the changes of a starting point; `ahead` puts them before those of worse starting points."""
        for move in moves:
            self._push(base, {move.element.id: move.value}, move.score, ahead, move.reason)
        if len(base) + 2 > MOST_CHANGES:
            return
        for one, other in itertools.combinations(moves[:PAIRED], 2):
            both = {one.element.id: one.value, other.element.id: other.value}
            if len(both) == 2 and not alternatives(self._start.space, base, both):
                self._push(base, both, one.score * other.score, ahead, f"{one.reason} and {other.reason}")

    def _push(self, base: Assignment, changes: Assignment, score: float, ahead: int, reason: str) -> None:
        assignment = {**base, **changes}
        self._queue_up(_Entry(base, assignment, reason, score, self._cost(assignment), ahead))

    def _rank_rates(self, first: _Entry) -> None:
        """Deal out the places of the learning rates that wait around a starting point by what lanes say of them."""
        base = frozenset(first.base.items())
        if first.changed != {self._rate} or base in self._ranked:
            return
        self._ranked.add(base)
        group: list[tuple[_Entry, float]] = []
        for _, _, entry in sorted(self._queue, key=lambda item: item[:2]):
            rate = entry.assignment.get(self._rate)
            if isinstance(rate, int | float) and entry.changed == {self._rate} and entry.base == first.base:
                group.append((entry, rate))
        found = self._start.rank(self._start.space.patch(first.base), [rate for _, rate in group])
        places = [(entry.score, entry.ahead) for entry, _ in group]
        order = sorted(zip(group, found or (), strict=False), key=lambda pair: -pair[1].score)
        for place, (((entry, _), ranked), (score, ahead)) in enumerate(zip(order, places, strict=False), start=1):
            entry.score, entry.ahead = score * (POSTPONED if ranked.hopeless else 1.0), ahead
            entry.reason += f"; {place} of {len(order)} rates screened on JAX"
        self._queue = [(entry.key, count, entry) for _, count, entry in self._queue]
        heapq.heapify(self._queue)

    def _cost(self, assignment: Assignment) -> float:
        return self._start.cost(self._start.space.training_factor(assignment))

    def _queue_up(self, entry: _Entry) -> None:
        heapq.heappush(self._queue, (entry.key, next(self._count), entry))

    def _disappointing(self, entry: _Entry) -> bool:
        """Put back a single change of an element whose other changes have not helped since it was queued."""
        failed = self._failures(entry) - entry.discounted
        if failed <= 0:
            return False
        entry.discounted += failed
        entry.score *= DISCOUNT**failed
        self._queue_up(entry)
        return True

    def _failures(self, entry: _Entry) -> int:
        """How many changes of its element did not help; 0 for several together, see `DISCOUNT`."""
        return self._failed[next(iter(entry.changed))] if len(entry.changed) == 1 else 0

    def _proposal(self, entry: _Entry) -> Proposal[SourcePatch] | None:
        try:
            patch = self._start.space.patch(entry.assignment)
        except Unchangeable:
            return None
        screen = not entry.screened and entry.score < DOUBTFUL and self._screening_pays(entry.assignment)
        mark = f"{patch.id}/{'screen' if screen else 'full'}"
        if patch.size == 0 or mark in self._seen or entry.cost > self._start.runs_left():
            return None
        if wrong_output(self._start.space, entry.assignment):
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
            self._queue_up(replace(entry, ahead=entry.ahead + 1, screened=True))

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


KIND = ProposerKind(start=_Auto, screens=True)

"""Symptom by symptom: find what is wrong with the training, repair that, and go on from the weights so far.

*What it is.* AutoTrainer: eight symptoms of training, each with a list of repairs that are known to cure it.

*How it works.* The most important symptom of the program's runs is repaired first; its repairs are tried in their
default order, all layers at once, each going on from the weights trained so far (from initial weights where data,
output or loss were wrong). A training that ends without a symptom is the repair. Where repairs only trade one symptom
for another, the best of those trainings is the next start, for ten rounds at most. Random draws (optimiser,
initialiser) come from the seed of the repair.

*When it is wrong.* That a symptom is gone does not say that the metric is better: netmend's own judge decides that,
on trainings that start afresh. It knows classification only, changes many layers at once, and has nothing for
regularisers, for too few epochs or for wrong inputs that show no symptom. Not expressible as elements here and left
out: plateau schedules, momentum, Gaussian noise. Where the framework cannot start from other weights (PyTorch loops)
every attempt starts afresh.

*References.* Zhang et al., "AutoTrainer: An Automatic DNN Training Problem Detection and Repair System", ICSE 2021,
and its extension, IEEE TDSC 2024 (the symptoms of data, output and loss); thresholds and order are its defaults.
"""

from __future__ import annotations

import contextlib
import random
from collections.abc import Iterator

from netmend.core.errors import Unchangeable
from netmend.core.records import Trial
from netmend.core.repairer import Proposal
from netmend.program.blame import Value
from netmend.program.edits import SourcePatch
from netmend.repairs.program.evidence import Evidence
from netmend.repairs.program.proposers._autotrainer import Problem, Situation, problem_of
from netmend.repairs.program.proposers._base import ProposerKind, Start
from netmend.repairs.program.space import Assignment
from netmend.training.trace import Trace

ROUNDS = 10
"""Starts at most: default of AutoTrainer."""


class AutoTrainer:
    """Ask and tell, one attempt at a time: what is tried next depends on what the last one showed."""

    def __init__(self, start: Start) -> None:
        self._start = start
        self._random = random.Random(start.seed)
        self._cured = False
        self._waiting: Assignment | None = None
        self._traces: tuple[Trace, ...] = ()
        self._score = float("-inf")
        self._attempts = self._course()

    def ask(self) -> Proposal[SourcePatch] | None:
        """The next attempt; None while one is under way, once a training is without symptoms, or at the end."""
        if self._waiting is not None or self._cured:
            return None
        return next(self._attempts, None)

    def tell(self, trial: Trial[SourcePatch, Evidence]) -> None:
        """What the attempt's trainings looked like."""
        self._traces = tuple(run.result.trace for run in trial.evidence.runs if run.result.trace is not None)
        self._score = trial.verdict.score
        self._waiting = None

    def _course(self) -> Iterator[Proposal[SourcePatch]]:
        """All attempts. What `tell` has noted is looked at after each."""
        base: Assignment = {}
        traces, problem = self._start.traces, problem_of(self._start.traces)
        for _ in range(ROUNDS):
            if problem is None:
                return
            changed: list[tuple[float, Assignment, tuple[Trace, ...], Problem]] = []
            for assignment, proposal in self._repairs(problem, base, traces):
                self._waiting, self._traces = assignment, ()
                yield proposal
                if not self._traces:  # it failed
                    continue
                now = problem_of(self._traces)
                if now is None:
                    self._cured = True
                    return
                if now is not problem:
                    changed.append((self._score, assignment, self._traces, now))
            if not changed:
                return
            _, base, traces, problem = max(changed, key=lambda one: one[0])

    def _repairs(
        self, problem: Problem, base: Assignment, traces: tuple[Trace, ...]
    ) -> Iterator[tuple[Assignment, Proposal[SourcePatch]]]:
        """The attempts at one symptom that change something and can be written, in order."""
        space, seen = self._start.space, {self._start.space.patch(base).id}
        for repair in problem.repairs:
            situation = Situation(space.under(base), traces[0], self._random)
            assignment = {**base, **self._possible(base, repair(situation))}
            patch = space.patch(assignment)
            if patch.id in seen:
                continue
            seen.add(patch.id)
            if not problem.afresh:
                self._start.go_on(patch, space.patch(base))
            yield assignment, Proposal(patch, self._start.runs, 1.0, f"against {problem.name}")

    def _possible(self, base: Assignment, changes: Assignment) -> Assignment:
        """The changes that can be written; a layer that cannot take its part does not keep the others from theirs."""
        kept: dict[str, Value] = {}
        for identity, value in changes.items():
            with contextlib.suppress(Unchangeable):
                self._start.space.patch({**base, **kept, identity: value})
                kept[identity] = value
        return kept


KIND = ProposerKind(start=AutoTrainer, published=True, by_symptoms=True)

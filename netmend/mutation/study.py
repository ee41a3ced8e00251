"""Which mutants of a program are killed: the original and every mutant trained often enough to tell.

Runs, journal, budget and metric are those of a repair (`netmend.repairs.program.study`): a run that was made is never
made again, and an interrupted study can be continued.
"""

from __future__ import annotations

import math
import random
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import zip_longest

import numpy as np

from netmend.core import stats
from netmend.core.budget import Budget, Meter
from netmend.core.errors import Unchangeable, UsageError
from netmend.core.loop import Plan
from netmend.core.records import Cost, Draw, Purpose
from netmend.core.stats import Score
from netmend.mutation.generate import Applied, Refused, cannot_be_written, mutants, refusals, survey
from netmend.mutation.killing import ALPHA, Decision, Status, decide
from netmend.mutation.mutant import Mutant
from netmend.mutation.scale import bisect
from netmend.program.blame import Value
from netmend.repairs.program.evidence import Evidence, Observation
from netmend.repairs.program.repairer import ProgramRepairer
from netmend.repairs.program.study import Noticed, Options, Watch, open_study
from netmend.training.answers import Rows, load, truth
from netmend.training.evaluation import trivial_score, whole_score
from netmend.training.metrics._base import Metric
from netmend.training.row_split import SplitBy
from netmend.training.runs import RunResult
from netmend.training.subject import TrainingProgram
from netmend.training.trace import RunEnd

NO_LIMIT = Budget("runs", math.inf)

RUNS = 10
"""Trainings of the original and of each mutant: DeepCrime's default."""

FEWEST_BISECTING = 5
"""While bisecting, half as many runs are made of a mutant, but not fewer than this: against ten runs of the original
they can reach p = 0.0003. The mildest that is killed is decided again with all runs. Own choice."""

PROBING = 2
"""A mutant of which so many runs fail, and no other, gets no more: what cannot train fails in every run. Own choice."""


@dataclass(frozen=True)
class Tried:
    """A mutant and what its runs showed.

    Attributes:
        role: "extreme" or "mildest" of a parameter that is searched; "" for all others.
        scores: one per run on all evaluation rows; None for a failed run. seeds: of these runs.
        path: values tried by a search that came to its end, and whether each was killed; empty otherwise.
    """

    mutant: Mutant
    decision: Decision
    role: str = ""
    scores: tuple[Score, ...] = ()
    seeds: tuple[int, ...] = ()
    path: tuple[tuple[float, bool], ...] = ()


@dataclass(frozen=True)
class MutationStudy:
    """What `kill` gives.

    Attributes:
        original: scores of the original. seeds: of its runs. trivial: score of the best constant answer.
        tried: in order of operator and place. refused: operators, places and values without a mutant.
        ended: why the study ended, one sentence.
    """

    subject: TrainingProgram
    metric: Metric
    metric_reason: str
    original: tuple[Score, ...]
    seeds: tuple[int, ...]
    trivial: float
    tried: tuple[Tried, ...]
    refused: tuple[Refused, ...]
    ended: str
    interrupted: bool = False
    warnings: tuple[str, ...] = ()
    costs: Mapping[str, Cost] = field(default_factory=dict)


def kill(
    subject: TrainingProgram,
    options: Options,
    operators: Sequence[str] = (),
    watch: Watch | None = None,
    noticed: Noticed | None = None,
) -> MutationStudy:
    """Train a correct program and its mutants of the first order, and decide which mutants are killed.

    An interruption ends the study with what is known so far; it can be resumed.

    Args:
        subject: a correct program.
        options: `runs` of each mutant, `budget` of all of them (`NO_LIMIT` for all mutants), folder, seed, lanes.
        operators: public names or acronyms; all if empty.
        watch: told what happens. noticed: told of each finished run, from any thread.

    Raises:
        KeyboardInterrupt: while the original was still being watched.
        SubjectError: the original cannot be observed.
        UsageError, EnvironmentFault: see `netmend.core.errors`.
    """
    if stats.smallest_p(options.runs, options.runs) >= ALPHA:
        raise UsageError(f"{options.runs} runs of a sample are too few", hint="--seeds needs at least 4")
    found = list(survey(subject.program, operators))
    with open_study(subject, options, watch or Watch(), noticed) as (repairer, plan, meter, watcher, damage):
        meter.enter("observe")
        watcher.phase(f"watching {options.runs} runs of the program as it is")
        observation = repairer.observe(plan.draw(Purpose.BASELINE, options.runs))
        course = _Course(repairer, observation, plan, meter, watcher.phase, options.runs)
        course.run([each for each in found if isinstance(each, Applied)], options.seed)
        refused = [each for each in found if isinstance(each, Refused)] + course.refused
        warnings = [*_warnings(course), *observation.split.warnings, *damage]
        return MutationStudy(
            subject,
            course.metric,
            observation.metric_reason,
            course.original,
            observation.evidence.draw.seeds,
            course.trivial,
            course.tried,
            tuple(refused),
            course.ended,
            course.interrupted,
            tuple(warnings),
            meter.costs,
        )


@dataclass(frozen=True, slots=True)
class _Task:
    """A value to try, or a scale to search.

    Attributes:
        number: position in the order of operators, places and values, in which results are given.
    """

    number: int
    applied: Applied
    value: Value


class _Course:
    """One study under way."""

    def __init__(
        self,
        repairer: ProgramRepairer,
        observation: Observation,
        plan: Plan,
        meter: Meter,
        say: Callable[[str], None],
        runs: int,
    ) -> None:
        self._repairer, self._plan, self._meter, self._say, self._runs = repairer, plan, meter, say, runs
        self._reference = next(run.result for run in observation.evidence.runs if run.result.ok)
        self._fixed_rows = observation.split.by is SplitBy.FIXED_ROWS
        self.metric = observation.evidence.metric
        self.original = self._scores(observation.evidence)
        labels = truth(_rows(self._reference), self.metric.task)
        self.trivial = math.nan if labels is None else trivial_score(self.metric, labels)
        self._tried: dict[tuple[int, str], Tried] = {}
        self.refused: list[Refused] = []
        self.ended, self.interrupted = "every mutant was tried", False

    @property
    def tried(self) -> tuple[Tried, ...]:
        """Results in the order of operators, places and values; of a scale the extreme first."""
        return tuple(tried for _, tried in sorted(self._tried.items(), key=lambda each: each[0]))

    def run(self, found: Sequence[Applied], seed: int) -> None:
        """Try mutants of the operators in turn, so that a small budget sees all of them."""
        self._meter.enter("search")
        tasks = list(_in_turn(found, seed))
        try:
            for done, task in enumerate(tasks):
                if self._meter.exhausted:
                    self.ended = f"the budget is spent after {done} of {len(tasks)} mutants"
                    break
                self._try(task, f"{done + 1}/{len(tasks)}")
        except KeyboardInterrupt:
            self.ended, self.interrupted = "interrupted", True
        for task in tasks:
            self._note_unless_tried(task)

    def _try(self, task: _Task, counted: str) -> None:
        mutant = self._mutant(task.applied, task.value)
        if mutant is None:
            return
        if task.applied.opportunity.scale is None:
            self._record(task, self._measured(mutant, self._runs), counted)
        else:
            self._search(task, mutant, counted)

    def _search(self, task: _Task, mutant: Mutant, counted: str) -> None:
        """The extreme, and if it is killed the mildest that is."""
        scale = task.applied.opportunity.scale
        assert scale is not None
        known = {scale.extreme: replace(self._measured(mutant, self._runs), role="extreme")}
        self._record(task, known[scale.extreme], counted)

        def is_killed(value: float) -> bool:
            if value not in known:
                milder = self._mutant(task.applied, value)
                if milder is None:
                    return False
                known[value] = self._measured(milder, min(self._runs, max(self._runs // 2, FEWEST_BISECTING)))
                self._say(f"       bisecting: {_line(known[value])}")
            return _is_killed(known[value])

        path = []
        for step in bisect(scale, is_killed):
            path.append(step)
            if path[0][1] and self._meter.exhausted:
                self.ended = f"the budget is spent; the search of {task.applied.operator} was cut short"
                return
        self._tried[task.number, "extreme"] = replace(known[scale.extreme], path=tuple(path))
        for value in [value for value, killed in reversed(path) if killed and value != scale.extreme]:
            final = replace(self._measured(known[value].mutant, self._runs), role="mildest", path=tuple(path))
            if _is_killed(final):
                self._record(task, final, counted)
                return

    def _measured(self, mutant: Mutant, runs: int) -> Tried:
        """Train a mutant; one that fails at once gets no more runs."""
        seeds = self._plan.draw(Purpose.CONTROL, runs).seeds  # run in full, with the user's limits and no other
        evidence = self._repairer.try_out(mutant.patch, Draw(Purpose.CONTROL, seeds[:PROBING]))
        if any(score is not None for score in self._scores(evidence)) and not self._moved(evidence):
            rest = self._repairer.try_out(mutant.patch, Draw(Purpose.CONTROL, seeds[PROBING:]))
            evidence = self._repairer.pool(evidence, rest)
        scores, moved = self._scores(evidence), self._moved(evidence)
        decision = Decision(Status.NOT_COMPARABLE, moved) if moved else decide(self.original, scores, self.metric)
        if decision.status is Status.DOES_NOT_TRAIN:
            decision = replace(decision, sentence=f"{decision.sentence}: {_why(evidence)}")
        return Tried(mutant, decision, "", scores, evidence.draw.seeds)

    def _scores(self, evidence: Evidence) -> tuple[Score, ...]:
        """One score per run on all evaluation rows, as nothing is chosen by them; None for a failed run."""
        results = [run.result for run in evidence.runs]
        return tuple(
            whole_score(result.trace, self.metric) if result.ok and result.trace is not None else None
            for result in results
        )

    def _moved(self, evidence: Evidence) -> str:
        """Why the scores of a mutant cannot be compared with the original's; empty if they can."""
        if evidence.changed_evaluation:
            return "the evaluation rows have other labels than the original's"
        for run in evidence.runs:
            if run.result.end is RunEnd.FINISHED and run.result.trace is not None and not run.result.ok:
                return "the mutant evaluates no rows"
            if self._fixed_rows and run.result.ok:
                same = np.array_equal(_rows(run.result).row_hash, _rows(self._reference).row_hash)
                if not same:
                    return "the evaluation rows are not the original's"
        return ""

    def _mutant(self, applied: Applied, value: Value) -> Mutant | None:
        try:
            return applied.mutant(self._repairer.nothing().program, value)
        except Unchangeable as error:
            refusal = cannot_be_written(applied, value, error)
            if refusal not in self.refused:
                self.refused.append(refusal)
            return None

    def _record(self, task: _Task, tried: Tried, counted: str) -> None:
        self._tried[task.number, tried.role] = tried
        self._say(f"{counted:>7s} {tried.mutant.acronym} {_line(tried)}")

    def _note_unless_tried(self, task: _Task) -> None:
        role = "" if task.applied.opportunity.scale is None else "extreme"
        mutant = None if (task.number, role) in self._tried else self._mutant(task.applied, task.value)
        if mutant is not None:
            self._tried[task.number, role] = Tried(mutant, Decision(Status.NOT_RUN, self.ended), role)


def not_run(subject: TrainingProgram, operators: Sequence[str] = ()) -> tuple[tuple[Tried, ...], tuple[Refused, ...]]:
    """Every mutant of the first order, and what cannot be made, without a run."""
    decision = Decision(Status.NOT_RUN, "runs were not asked for")
    return (
        tuple(Tried(mutant, decision) for mutant in mutants(subject.program, operators)),
        tuple(refusals(subject.program, operators)),
    )


def _in_turn(found: Sequence[Applied], seed: int) -> Iterator[_Task]:
    """A mutant of each operator, then another of each, and so on; drawn at random among those of one operator."""
    chance = random.Random(seed)
    by_operator: dict[str, list[_Task]] = {}
    number = 0
    for applied in found:
        scale = applied.opportunity.scale
        for value in applied.opportunity.values if scale is None else (scale.extreme,):
            by_operator.setdefault(applied.operator, []).append(_Task(number, applied, value))
            number += 1
    for tasks in by_operator.values():
        chance.shuffle(tasks)
    for row in zip_longest(*by_operator.values()):
        yield from (task for task in row if task is not None)


def _is_killed(tried: Tried) -> bool:
    """Killed, or so harmed that it does not train: either ends the search for something milder."""
    return tried.decision.status in (Status.KILLED, Status.DOES_NOT_TRAIN)


def _line(tried: Tried) -> str:
    return f"{tried.mutant.patch.describe()}: {tried.decision.status.value}, {tried.decision.sentence}"


def _why(evidence: Evidence) -> str:
    """The commonest reason of failed runs."""
    reasons = [run.result.detail if not run.result.ok else "its predictions are not finite" for run in evidence.runs]
    return Counter(reason for reason in reasons if reason).most_common(1)[0][0] if any(reasons) else "no reason given"


def _rows(result: RunResult) -> Rows:
    assert result.trace is not None and result.trace.evaluation is not None
    return load(result.trace.evaluation)


def _warnings(course: _Course) -> Iterator[str]:
    """What makes the ground truth doubtful: an original that is not correct itself."""
    failed = sum(score is None for score in course.original)
    if failed:
        yield f"{failed} of {len(course.original)} runs of the original failed."
    if course.metric.gain(course.trivial, stats.mean(course.original)) <= 0:
        yield (
            f"The original is no better than always answering the same ({course.trivial:.4g}): "
            "whether it is correct is doubtful, and few mutants of it can be told from it."
        )

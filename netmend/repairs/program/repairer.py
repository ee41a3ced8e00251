"""Repair of a training program: the five steps on one page. Statistics decide, on search rows and on report rows."""

from __future__ import annotations

import contextlib
import math
import statistics
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from netmend.core import stats
from netmend.core.discover import contributions
from netmend.core.errors import Unchangeable
from netmend.core.exhibits import Exhibit
from netmend.core.records import Diagnosis, Draw, Purpose, Verdict
from netmend.core.repairer import Proposer
from netmend.program.edits import SourcePatch
from netmend.program.elements._base import Element
from netmend.program.elements._find import find_all
from netmend.program.lint._run import run as lint
from netmend.program.sequence.read import sequence_of
from netmend.program.source import Program
from netmend.repairs.program.evidence import Evidence, Observation, SeededRun
from netmend.repairs.program.gates import BuildGate
from netmend.repairs.program.infill._base import NO_FILLER, Filler, Scorer
from netmend.repairs.program.infill._expected import expected
from netmend.repairs.program.infill._holes import applied
from netmend.repairs.program.infill._prior import Prior
from netmend.repairs.program.infill._scorer import scorer
from netmend.repairs.program.learned.experience import Model, read
from netmend.repairs.program.localise import Suspicion, localise
from netmend.repairs.program.measure import Measurer, Settings, at_effort, can_continue
from netmend.repairs.program.operators._suggest import suggestions
from netmend.repairs.program.oracle import Oracle
from netmend.repairs.program.proposers._base import ProposerKind, Start
from netmend.repairs.program.racing import hopeless, stages
from netmend.repairs.program.refusals import require_evaluation, require_hold_out, require_reachable, trained
from netmend.repairs.program.revive import may_be_revived, revive
from netmend.repairs.program.screens import LaneScreen
from netmend.repairs.program.space import Assignment, Move, Space, moves_of, ranked, training_factor
from netmend.training.evaluation import RowSplit, choose_metric, same_evaluation, score, split_rows
from netmend.training.row_split import SplitBy
from netmend.training.runs import RunResult
from netmend.training.symptoms._base import Symptom
from netmend.training.symptoms._run import run as symptoms
from netmend.training.trace import Evaluation, RunEnd, Trace

HOLD_OUT = 0.2
"""Share of the training rows withheld where a program has no evaluation data: the default of the published subjects
(Kim et al., ICST 2023, replication package: 80/20)."""

SCREEN_LEVEL = 0.01
"""A screened candidate gets as many runs as can reach this level at all: with 10 runs before, 3. Stricter than the
level of the test itself, because many candidates are screened; the confirm sample pays for certainty."""

SLOWER = 10
"""A screening run may take so many times what is expected of it: enough for another optimiser or twice the units, not
for a patch that no search could afford. Own choice."""

SHORTEST_LIMIT = 20.0
"""Seconds below which no screening run is given up: a busy machine can be that slow for a training of a second."""


class ProgramRepairer:
    """Fulfils `netmend.core.repairer.Repairer` for a training program."""

    def __init__(
        self,
        measurer: Measurer,
        proposer: ProposerKind,
        seed: int = 0,
        *,
        as_published: bool = False,
        screens: bool = False,
        revives: bool = False,
        filler: Filler = NO_FILLER,
        tell: Callable[[str], None] = lambda sentence: None,
    ) -> None:
        """`revives`: a program that crashes is watched with a change with which it trains."""
        self._measurer = measurer
        self._proposer = proposer
        self._seed = seed
        self._as_published = as_published
        self._screens, self._revives, self._tell = screens, revives, tell
        self._filler = filler
        self._screen: LaneScreen | None = None
        self._subject = measurer.subject
        self._gate = BuildGate(measurer)
        self._hold_out = 0.0
        self._train_seconds = 0.0
        self._split: RowSplit | None = None
        self._baseline: dict[int, RunResult] = {}
        self._reference: RunResult | None = None
        self._shorter: dict[tuple[str, int], tuple[int, Path]] = {}
        self._weights: dict[str, tuple[Path, ...]] = {}
        self._bases: dict[str, str] = {}
        self._described = ""
        self._shown: Callable[[], tuple[Exhibit, ...]] = tuple
        self.model: Callable[[], Model | None] = read
        self.scorer: Callable[[], Scorer | None] = scorer if proposer.prior else lambda: None
        self.oracle: Oracle | None = None
        self.observation: Observation | None = None

    @property
    def searched(self) -> str:
        """What proposed patches, out of what, and what was screened; empty if there is nothing to say of it."""
        told = self._screen.told if self._screen is not None else []
        return "; ".join([*([self._described] if self._described else []), *told])

    @property
    def exhibits(self) -> tuple[Exhibit, ...]:
        """What a model of programs expected, and what the proposer has to show beside its trials."""
        prior = None if self.observation is None else self._prior(self._subject.program, self.observation.elements)
        return (*([] if prior is None else [expected(prior.holes)]), *self._shown())

    # --- the five steps ---------------------------------------------------------------------------------------------

    def observe(self, draw: Draw) -> Observation:
        """Run the program as it is. The first run alone finds out whether it can be watched and measured at all.

        Raises:
            SubjectError: it does not run, trains nothing, or no metric can be measured.
            UsageError: the metric asked for does not fit, or no program could reach the goal.
        """
        nothing = watched = self.nothing()
        first = self._measurer.run(nothing, draw.seeds[0], self._watching())
        crash = None
        if self._revives and may_be_revived(first, self._subject.program):
            does = "crashes" if first.end is RunEnd.CRASHED else "trains nothing"
            self._tell(f"the program {does}: looking for a change with which it trains")
            ways = (self._watching(), replace(self._watching(), hold_out=HOLD_OUT))
            likely = self._prior(self._subject.program, find_all(self._subject.program))
            watched, crash = revive(self._measurer, likely, first, draw.seeds[0], ways)
            self._tell(f"with this change it trains: {watched.describe()}")
            first = self._measurer.run(watched, draw.seeds[0], self._watching())
        if trained(first).evaluation is None:
            require_hold_out(first)
            self._hold_out = HOLD_OUT
            first = self._measurer.run(watched, draw.seeds[0], self._watching())
            require_evaluation(first)
        rest = draw.seeds[1:]
        results = [first, *self._measurer.runs(watched, rest, [self._watching()] * len(rest))]
        self._reference = first
        own = self._measurer.runs(nothing, draw.seeds, [self._watching()] * len(draw.seeds)) if crash else results
        self._baseline = dict(zip(draw.seeds, own, strict=True))
        self._weights[watched.id] = tuple(result.log.parent for result in results if _has_checkpoint(result))
        traces = tuple(
            replace(result.trace, crash=crash) for result in results if result.ok and result.trace is not None
        )
        metric, reason = choose_metric(traces, self._subject.requirement.metric)
        self._train_seconds = statistics.median(trace.train_seconds for trace in traces)
        require_reachable(metric, self._subject.requirement.goal)
        self._split = split_rows([_evaluation(result) for result in results if result.ok])
        self.oracle = Oracle(metric, self._subject.requirement.goal)
        self._measurer.meter.unit_seconds = statistics.median(map(self._measurer.seconds_of, results))
        self._gate.watched(results)
        runs = tuple(self._scored(seed, result) for seed, result in self._baseline.items())
        elements = find_all(self._subject.program, crashed=crash is not None)
        self.observation = Observation(
            Evidence(draw, runs, metric), traces, elements, reason, self._split, self._hold_out
        )
        return self.observation

    def diagnose(self, observation: Observation) -> Diagnosis:
        """Static rules on the text, symptoms on the traces; suspects from both, and from what models have learned."""
        prior = self._prior(self._subject.program, observation.elements)
        return self._localise(observation.elements, observation.traces, prior)[0]

    def propose(self, observation: Observation, diagnosis: Diagnosis) -> Proposer[SourcePatch, Evidence]:
        """Start the chosen proposer at the program as it is."""
        space = Space(self._subject.program, observation.elements)
        if self._screens:
            self._screen = LaneScreen(
                measurer=self._measurer,
                score=self._lane_score,
                trace=observation.traces[0],
                hold_out=self._hold_out,
                seed=self._seed,
                tell=self._tell,
            )
        start = Start(
            space=space,
            traces=observation.traces,
            moves=lambda assignment, traces: self._moves(space, assignment, traces),
            # Candidates are compared with the baseline and the control together.
            runs=stats.runs_needed(2 * len(observation.evidence.runs), SCREEN_LEVEL),
            seed=self._seed,
            has_goal=self._subject.requirement.goal is not None,
            cost=self._cost,
            runs_left=lambda: self._measurer.meter.runs_left,
            train_seconds=self._train_seconds,
            score=self.judge(observation.evidence, observation.evidence).score,
            as_published=self._as_published,
            builds=self._gate.builds,
            expect=self._gate.expect,
            go_on=lambda patch, trained: self._bases.update({patch.id: trained.id}),
            rank=self._screen.rank if self._screen is not None else lambda patch, rates: None,
            filler=self._filler,
            tell=self._tell,
        )
        self._described = self._proposer.describe(start)
        proposing = self._proposer.start(start)
        self._shown = lambda: self._proposer.exhibits(proposing)
        return proposing

    def try_out(self, patch: SourcePatch, draw: Draw) -> Evidence:
        """Run a patched copy. A screened patch that crashes, or does no better at once, gets no more runs."""
        assert self.oracle is not None and self.observation is not None
        how = dict(zip(draw.seeds, self._settings(patch, draw), strict=True))
        first = how[draw.seeds[0]]
        continued = first.continue_from is not None or first.start_from is not None
        evidence = Evidence(draw, (), self.oracle.metric, continued=continued)
        screening = draw.purpose is Purpose.SCREEN
        crash = self._gate.crash(patch) if screening else None
        if crash is not None:
            return replace(evidence, runs=(SeededRun(draw.seeds[0], crash, None),), stopped="it does not build")
        for seeds in stages(draw.seeds) if screening else [draw.seeds]:
            results = self._runs(patch, seeds, [how[seed] for seed in seeds])
            scored = tuple(self._scored(seed, result) for seed, result in zip(seeds, results, strict=True))
            changed = evidence.changed_evaluation or any(self._changed_evaluation(result) for result in results)
            evidence = replace(evidence, runs=evidence.runs + scored, changed_evaluation=changed)
            self._remember(patch, draw, scored)
            if screening and seeds == draw.seeds[:1]:
                self._gate.tried(results[0])
            stopped = hopeless(self.observation.evidence, evidence) if screening else ""
            if stopped and len(evidence.runs) < len(draw.seeds):
                return replace(evidence, stopped=stopped)
        return evidence

    def judge(self, before: Evidence, after: Evidence) -> Verdict:
        """Superiority, effect size, the trivial predictor, lost runs, the goal."""
        assert self.oracle is not None
        return self.oracle.judge(before, after)

    # --- what only this kind can answer -----------------------------------------------------------------------------

    def nothing(self) -> SourcePatch:
        """The program as it is."""
        return SourcePatch(self._subject.program)

    def satisfied(self, evidence: Evidence) -> bool:
        """The goal holds on search rows and on report rows of the whole sample."""
        assert self.oracle is not None
        return all(self.oracle.meets_goal(evidence.scores(rows)) for rows in ("search", "report"))

    def pool(self, one: Evidence, other: Evidence) -> Evidence:
        """Runs of two samples together."""
        return replace(one, draw=replace(one.draw, seeds=one.draw.seeds + other.draw.seeds), runs=one.runs + other.runs)

    def keeps(self, full: Evidence, smaller: Evidence) -> bool:
        """As good in the mean, or not worse by the smallest gain that matters, shown by a test."""
        assert self.oracle is not None
        return self.oracle.keeps(full, smaller)

    def rediagnose(self, observation: Observation, patch: SourcePatch, evidence: Evidence) -> Diagnosis:
        """Diagnose the patched program by its own text and its own runs."""
        traces = tuple(run.result.trace for run in evidence.runs if run.result.trace is not None)
        patched = patch.patched_program()
        elements = find_all(patched)
        return self._localise(elements, traces, self._prior(patched, elements))[0]

    # --- how --------------------------------------------------------------------------------------------------------

    def _watching(self) -> Settings:
        return Settings(detail="full", hold_out=self._hold_out, keep_checkpoint=True)

    def _settings(self, patch: SourcePatch, draw: Draw) -> list[Settings]:
        """Confirming is watched in full; a longer training is screened by going on from a shorter one's weights.

        The shorter one is the patch's own at a share of the epochs; for a patch that only trains longer, the baseline.
        """
        plain = Settings(
            effort=draw.effort,
            detail="full" if draw.purpose is Purpose.CONFIRM or self._proposer.by_symptoms else "score",
            hold_out=self._hold_out,
            keep_checkpoint=draw.effort < 1 or self._proposer.by_symptoms,
            seconds=self._patience(patch) if draw.purpose is Purpose.SCREEN else math.inf,
        )
        if draw.purpose is not Purpose.SCREEN:
            return [plain] * len(draw.seeds)
        trained = self._weights.get(self._bases.get(patch.id, ""), ())
        if trained:
            return [replace(plain, start_from=trained[at % len(trained)]) for at in range(len(draw.seeds))]
        shorter = [self._shorter.get((patch.id, seed)) for seed in draw.seeds]
        done = can_continue(patch) if draw.effort == 1 else 0
        kept = [result.log.parent for result in self._baseline.values() if _has_checkpoint(result)]
        if done and len(kept) >= len(draw.seeds):
            shorter = [own or (done, folder) for own, folder in zip(shorter, kept, strict=False)]
        return [
            plain if each is None else replace(plain, continue_from=each[1], done_epochs=each[0]) for each in shorter
        ]

    def _remember(self, patch: SourcePatch, draw: Draw, runs: Sequence[SeededRun]) -> None:
        """Where a longer training of the patch, or another patch, may go on from."""
        if self._proposer.by_symptoms and draw.purpose is Purpose.SCREEN:
            kept = tuple(run.result.log.parent for run in runs if run.result.ok and _has_checkpoint(run.result))
            self._weights[patch.id] = self._weights.get(patch.id, ()) + kept
        for change in at_effort(patch.patched_program(), draw.effort).changes if draw.effort < 1 else ():
            for run in runs:
                if run.result.ok and _has_checkpoint(run.result):
                    self._shorter[patch.id, run.seed] = (int(change.after), run.result.log.parent)

    def _runs(self, patch: SourcePatch, seeds: Sequence[int], how: Sequence[Settings]) -> list[RunResult]:
        """The runs of one stage; where going on from a checkpoint fails, the training is made in full instead."""
        results = self._measurer.runs(patch, seeds, how)
        failed = [at for at, result in enumerate(results) if not result.ok and how[at].continue_from is not None]
        whole = [replace(how[at], continue_from=None, done_epochs=0) for at in failed]
        for at, result in zip(failed, self._measurer.runs(patch, [seeds[at] for at in failed], whole), strict=True):
            results[at] = result
        return results

    def _cost(self, factor: float) -> float:
        """What a run costs whose training takes so many times longer, in runs of the program as it is."""
        unit = max(self._measurer.meter.unit_seconds, 1e-9)
        return 1 + min(self._train_seconds, unit) / unit * (factor - 1)

    def _patience(self, patch: SourcePatch) -> float:
        """Seconds after which a screening run is given up."""
        return max(
            SHORTEST_LIMIT,
            SLOWER
            * self._cost(training_factor((each.kind, each.before, each.after) for each in patch.changes))
            * self._measurer.meter.unit_seconds,
        )

    def _changed_evaluation(self, result: RunResult) -> bool:
        """Whether a run was measured by other labels than the baseline; cannot be told where rows are drawn anew."""
        assert self.oracle is not None and self._split is not None
        if not result.ok or self._split.by is not SplitBy.FIXED_ROWS:
            return False
        assert self._reference is not None
        return not same_evaluation(_evaluation(self._reference), _evaluation(result), self.oracle.metric.task)

    def _lane_score(self, trace: Trace) -> float | None:
        """Of a lane on the rows the search may look at, greater is better."""
        assert self.oracle is not None and self._split is not None
        found, metric = score(trace, self.oracle.metric, self._split).search, self.oracle.metric
        return found if found is None or metric.higher_is_better else -found

    def _scored(self, seed: int, result: RunResult) -> SeededRun:
        assert self.oracle is not None and self._split is not None
        trace = result.trace if result.ok else None
        return SeededRun(seed, result, None if trace is None else score(trace, self.oracle.metric, self._split))

    def _prior(self, program: Program, elements: Sequence[Element], changes: Assignment | None = None) -> Prior | None:
        """What a model of correct programs says of a program; None if it cannot read it, or is not to be asked.

        Args:
            elements: as they read with `changes`, which the text of the program lacks.
        """
        scorer, sequence = self.scorer(), sequence_of(program)
        return None if scorer is None or sequence is None else Prior(scorer, applied(sequence, changes or {}), elements)

    def _localise(
        self, elements: Sequence[Element], traces: Sequence[Trace], prior: Prior | None
    ) -> tuple[Diagnosis, tuple[Suspicion, ...]]:
        known = contributions("netmend.training.symptoms", Symptom)
        thresholds = {name: symptom.value.threshold for name, symptom in known.items()}
        hits, fired = lint(elements), [symptoms(trace) for trace in traces]
        model = self.model()
        experience = model(traces, fired, hits) if model else None
        return localise(elements, hits, fired, thresholds, experience, prior, traces[0] if traces else None)

    def _moves(self, space: Space, assignment: Assignment, traces: Sequence[Trace]) -> list[Move]:
        """Single changes from an assignment: what findings suggest, and what operators suggest for suspects."""
        elements = space.under(assignment)
        prior = self._prior(space.program, elements, assignment)
        # Suspects by evidence alone: what mends a program need not be what is odd in it (docs/infill.md).
        _, suspicions = self._localise(elements, traces, None)
        moves: list[Move] = []
        for suspicion in suspicions:
            element = suspicion.element
            backed = [(idea.value, idea.weight, idea.reason) for idea in suspicion.ideas]
            for operator, suggestion in suggestions(element, elements, traces[0]):
                backed.append((suggestion.value, suggestion.prior, operator))
            moves += moves_of(element, suspicion.score, backed)
        if prior is not None:
            moves = [replace(move, score=prior.weighed(move.score, move.element, move.value)) for move in moves]
        found = ranked(moves)
        self._announce(space, assignment, found[: int(self._measurer.meter.runs_left)])
        return found

    def _announce(self, space: Space, assignment: Assignment, moves: Sequence[Move]) -> None:
        """Tell the gate what will probably be tried: as many changes as the budget pays runs for."""
        if not self._gate.pays([None] * len(moves)):
            return
        for move in moves:
            with contextlib.suppress(Unchangeable):
                self._gate.expect([space.patch({**assignment, move.element.id: move.value})])


def _has_checkpoint(result: RunResult) -> bool:
    return (result.log.parent / "checkpoint.npz").is_file()


def _evaluation(result: RunResult) -> Evaluation:
    assert result.trace is not None and result.trace.evaluation is not None
    return result.trace.evaluation

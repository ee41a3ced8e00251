"""The order of the steps of every repair. It is written here and nowhere else.

observe and diagnose -> is there anything to repair? -> negative control -> ask, try out, judge, tell -> minimise ->
confirm on a draw no decision has used -> diagnose again. `docs/design.md` says why each step is there.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from netmend.core.budget import Meter
from netmend.core.errors import ControlFailed
from netmend.core.minimise import minimise
from netmend.core.records import Diagnosis, Draw, Outcome, Purpose, Repair, Trial
from netmend.core.repairer import Observation, Patch, Proposal, Proposer, Repairer, worth

O = TypeVar("O", bound=Observation[Any])
P = TypeVar("P", bound=Patch)
E = TypeVar("E")

CONFIRMATIONS = 3
"""How often a repair may try to confirm a patch. Each further one is another chance to be lucky, so they are few, and
the report says how many were made."""

_BETTER = (Outcome.PROVED, Outcome.PLAUSIBLE, Outcome.IMPROVED)


@dataclass(frozen=True, slots=True)
class Plan:
    """How many runs each sample has, and which seeds.

    Attributes:
        baseline, control, confirm: runs of these samples; a patch is minimised on as many as it is confirmed on.
        seed: root of all seeds; samples of different purpose or attempt never share one.
        lanes: trials under way at the same time.
    """

    baseline: int = 5
    control: int = 5
    confirm: int = 5
    seed: int = 0
    lanes: int = 2

    def draw(self, purpose: Purpose, runs: int, *, attempt: int = 0, effort: float = 1.0) -> Draw:
        """The seeds of one sample; the first `n` of a larger sample are those of a smaller one."""
        first = self.seed * 1_000_000 + list(Purpose).index(purpose) * 100_000 + attempt * 1_000
        return Draw(purpose, tuple(first + index for index in range(runs)), effort)


@dataclass
class Watcher(Generic[P, E]):
    """Who is told what happens, as it happens. The default hears nothing.

    `phase` gets a sentence; `trying` a proposal and what is left of the budget; `tried` a trial and the best so far;
    `record` what is to be written down.
    """

    phase: Callable[[str], None] = lambda text: None
    trying: Callable[[Proposal[P], str], None] = lambda proposal, left: None
    tried: Callable[[Trial[P, E], Trial[P, E] | None], None] = lambda trial, best: None
    record: Callable[[str, dict[str, Any]], None] = lambda kind, data: None


def observe(repairer: Repairer[O, P, E], plan: Plan, meter: Meter, watch: Watcher[P, E]) -> tuple[O, Diagnosis]:
    """Watch the unpatched subject and say what is wrong. This is all that `netmend diagnose` does."""
    meter.enter("observe")
    watch.phase(f"watching {plan.baseline} runs of the subject as it is")
    observation = repairer.observe(plan.draw(Purpose.BASELINE, plan.baseline))
    return observation, repairer.diagnose(observation)


def repair(repairer: Repairer[O, P, E], plan: Plan, meter: Meter, watch: Watcher[P, E]) -> Repair[P, E]:
    """Repair a subject.

    An interruption (KeyboardInterrupt) after the observation ends the search and hands over the best so far.

    Raises:
        ControlFailed: the unpatched subject was accepted as its own repair, twice.
        NetmendError: whatever `observe` raises about the subject.
    """
    observation, diagnosis = observe(repairer, plan, meter, watch)
    course = _Course(repairer, plan, meter, watch, observation, diagnosis, observation.evidence)
    if repairer.satisfied(course.before):
        return course.result(nothing_to_repair=True, ended="the requirement already holds")
    try:
        course.control()
        course.search()
    except KeyboardInterrupt:
        return course.result(interrupted=True, ended="interrupted")
    return course.result(ended=course.ended)


@dataclass
class _Course(Generic[O, P, E]):
    """One repair under way: what was given, and what has been found out so far."""

    repairer: Repairer[O, P, E]
    plan: Plan
    meter: Meter
    watch: Watcher[P, E]
    observation: O
    diagnosis: Diagnosis
    before: E
    trials: list[Trial[P, E]] = field(default_factory=list)
    controlled: Trial[P, E] | None = None
    confirmed: Trial[P, E] | None = None
    confirmations: list[Trial[P, E]] = field(default_factory=list)
    after: Diagnosis | None = None
    ended: str = ""
    unconfirmed: str = ""
    refused: set[str] = field(default_factory=set)

    def result(self, *, ended: str, nothing_to_repair: bool = False, interrupted: bool = False) -> Repair[P, E]:
        self.meter.enter("done")
        return Repair(
            diagnosis=self.diagnosis,
            before=self.before,
            trials=tuple(self.trials),
            nothing_to_repair=nothing_to_repair,
            control=self.controlled,
            confirmed=self.confirmed,
            confirmations=tuple(self.confirmations),
            best=max(self._improved(), key=worth, default=None),
            after=self.after,
            ended=ended,
            interrupted=interrupted,
            costs={phase: cost for phase, cost in self.meter.costs.items() if phase != "done"},
        )

    def control(self) -> None:
        """Try out "nothing changed". A test errs once in 1/alpha, so one failure is repeated on fresh runs.

        On both sides: against the same baseline the second test would repeat the error of an unusual baseline.
        """
        self.meter.enter("control")
        self.watch.phase(f"negative control: {self.plan.control} runs with nothing changed")
        nothing, baseline, unchanged = self.repairer.nothing(), self.before, self.before
        for attempt in range(2):
            if attempt:
                draw = self.plan.draw(Purpose.BASELINE, self.plan.baseline, attempt=attempt)
                baseline = self.repairer.try_out(nothing, draw)
                unchanged = self.repairer.pool(unchanged, baseline)
            draw = self.plan.draw(Purpose.CONTROL, self.plan.control, attempt=attempt)
            evidence, seconds = self._timed(nothing, draw)
            trial = self.controlled = self._judged(nothing, draw, evidence, seconds, draw.purpose.value, baseline)
            self.watch.record("control", _summary(trial))
            unchanged = self.repairer.pool(unchanged, evidence)
            if trial.verdict.outcome not in _BETTER:
                self.before = unchanged
                return
        what = "the unchanged subject was judged a repair of itself, twice"
        raise ControlFailed(
            what,
            where=trial.verdict.sentence,
            hint="its results vary too much for so few runs: give more with --seeds",
            found=self.result(ended=what),
        )

    def search(self) -> None:
        """Ask, try out, judge, tell, until a patch is confirmed, the budget is spent or nothing is left to ask."""
        self.meter.enter("search")
        self._keep_back(confirmations=3)
        self.watch.phase("searching")
        proposer = self.repairer.propose(self.observation, self.diagnosis)
        under_way: deque[tuple[Proposal[P], Draw, Future[tuple[E, float]]]] = deque()
        pool = ThreadPoolExecutor(self.plan.lanes)
        try:
            while True:
                # First in, first told: what a proposer knows when asked does not depend on which run ends first.
                while len(under_way) < self.plan.lanes and not self.meter.exhausted:
                    proposal = self._ask(proposer)
                    if proposal is None:
                        break
                    self.watch.trying(proposal, self.meter.left())
                    draw = self.plan.draw(Purpose.SCREEN, proposal.runs, effort=proposal.effort)
                    under_way.append((proposal, draw, pool.submit(self._timed, proposal.patch, draw)))
                if not under_way:
                    break
                found = self._told(proposer, *under_way.popleft())
                if not found.verdict.accepted:
                    continue
                while under_way:  # what is under way is paid for: let it end, it may even be better
                    other = self._told(proposer, *under_way.popleft())
                    if other.verdict.accepted and worth(other) > worth(found):
                        found = other
                if self._finish(found):
                    met = found.verdict.outcome in (Outcome.PROVED, Outcome.PLAUSIBLE)
                    self.ended = "a patch meets the requirement" if met else "a patch leaves nothing to improve"
                    return
        finally:
            pool.shutdown(wait=False, cancel_futures=True)
        self.ended = "the budget is spent" if self.meter.exhausted else "nothing promising is left to try"
        self._finish_best()
        if self.unconfirmed and self.confirmed is None:
            self.ended += f"; {self.unconfirmed}"

    def _told(
        self, proposer: Proposer[P, E], proposal: Proposal[P], draw: Draw, future: Future[tuple[E, float]]
    ) -> Trial[P, E]:
        """Wait for a trial to end, judge it and tell it."""
        evidence, seconds = future.result()
        trial = self._judged(proposal.patch, draw, evidence, seconds, proposal.reason, self.before)
        self._note(trial)
        proposer.tell(trial)
        return trial

    def _keep_back(self, *, confirmations: int) -> None:
        """Reserve wall clock for what follows: confirming takes one confirmation's worth, minimising about two."""
        runs = confirmations * self.plan.confirm / self.plan.lanes
        self.meter.reserve_seconds = runs * self.meter.unit_seconds

    def try_out(self, patch: P, draw: Draw) -> Trial[P, E]:
        evidence, seconds = self._timed(patch, draw)
        return self._judged(patch, draw, evidence, seconds, draw.purpose.value, self.before)

    def _ask(self, proposer: Proposer[P, E]) -> Proposal[P] | None:
        started = self.meter.thinking_clock()
        proposal = proposer.ask()
        self.meter.proposed(self.meter.thinking_clock() - started)
        return proposal

    def _timed(self, patch: P, draw: Draw) -> tuple[E, float]:
        started = time.monotonic()
        return self.repairer.try_out(patch, draw), time.monotonic() - started

    def _judged(self, patch: P, draw: Draw, evidence: E, seconds: float, proposed_by: str, before: E) -> Trial[P, E]:
        verdict = self.repairer.judge(before, evidence)
        return Trial(len(self.trials) + 1, patch, draw, evidence, verdict, proposed_by, seconds)

    def _note(self, trial: Trial[P, E]) -> None:
        self.trials.append(trial)
        self.watch.record("trial", _summary(trial))
        self.watch.tried(trial, max(self._improved(), key=worth, default=None))

    def _improved(self) -> list[Trial[P, E]]:
        """What was better than before and is not refused; a patch that was tried again is judged by its largest sample.

        Of many patches that do nothing, the one that did best by chance looks better than it is: the trial by which it
        was chosen must not outvote what was seen of it later.
        """
        telling: dict[str, Trial[P, E]] = {}
        for trial in self.trials:
            earlier = telling.get(trial.patch.id)
            if trial.draw.effort == 1 and (earlier is None or len(trial.draw.seeds) >= len(earlier.draw.seeds)):
                telling[trial.patch.id] = trial
        return [
            trial
            for trial in telling.values()
            if trial.verdict.outcome in _BETTER and trial.patch.id not in self.refused
        ]

    def _finish_best(self) -> None:
        """No trial met the requirement: minimise and confirm the best of those that improved on the subject."""
        for trial in sorted(self._improved(), key=worth, reverse=True):
            if self.confirmed or self._finish(trial):
                return

    def _finish(self, found: Trial[P, E]) -> bool:
        """Minimise a patch and confirm it; says whether that ends the repair."""
        if len(self.confirmations) >= CONFIRMATIONS or found.patch.id in self.refused:
            return False
        patch = self._minimise(found)
        self.meter.enter("confirm")
        self.watch.phase(f"confirming on {self.plan.confirm} fresh runs: {patch.describe()}")
        draw = self.plan.draw(Purpose.CONFIRM, self.plan.confirm, attempt=len(self.confirmations))
        trial = self.try_out(patch, draw)
        self.confirmations.append(trial)
        self.watch.record("confirm", _summary(trial))
        self.meter.enter("search")
        self._keep_back(confirmations=3)
        if trial.verdict.outcome not in _BETTER:
            self.refused |= {found.patch.id, patch.id}
            failed = sum(each.verdict.outcome not in _BETTER for each in self.confirmations)
            which = "this did not hold" if failed == 1 else f"{failed} patches did not hold, the last of them"
            self.unconfirmed = f"on fresh runs {which}: {patch.describe()} ({trial.verdict.sentence})"
            return False
        if self.confirmed is None or worth(trial) > worth(self.confirmed):
            self.confirmed = trial
            self.after = self.repairer.rediagnose(self.observation, trial.patch, trial.evidence)
        if found.verdict.accepted and not trial.verdict.accepted:
            # Better than before, but the requirement that the screening sample met did not hold again: go on.
            self.refused |= {found.patch.id, patch.id}
            return False
        return True

    def _minimise(self, found: Trial[P, E]) -> P:
        if found.patch.size <= 1:
            return found.patch
        self.meter.enter("minimise")
        self._keep_back(confirmations=1)
        self.watch.phase(f"minimising: {found.patch.describe()}")
        # To show that nothing is lost takes more runs than to show that much is gained.
        draw = self.plan.draw(Purpose.SCREEN, self.plan.confirm)
        full = self.try_out(found.patch, draw)
        self._note(full)

        def accepts(smaller: P) -> bool:
            nonlocal full
            trial = self.try_out(smaller, draw)
            self._note(trial)
            if trial.verdict.outcome in _BETTER and self.repairer.keeps(full.evidence, trial.evidence):
                full = trial
                return True
            return False

        return minimise(found.patch, accepts, may_go_on=lambda: not self.meter.out_of_time)


def nearest(trials: Iterable[Trial[P, E]]) -> Trial[P, E] | None:
    """The trial that came nearest to a repair, better than before or not: for kinds whose evidence is exact.

    Of evidence by chance it would say nothing: some patch always comes out first.
    """
    whole = (trial for trial in trials if trial.draw.effort == 1)
    return max(whole, key=lambda trial: (trial.verdict.outcome in _BETTER, worth(trial)), default=None)


def _summary(trial: Trial[Any, Any]) -> dict[str, Any]:
    return {
        "number": trial.number,
        "patch": trial.patch.id,
        "description": trial.patch.describe(),
        "size": trial.patch.size,
        "purpose": trial.draw.purpose.value,
        "seeds": list(trial.draw.seeds),
        "effort": trial.draw.effort,
        "outcome": trial.verdict.outcome.value,
        "sentence": trial.verdict.sentence,
        "proposed_by": trial.proposed_by,
        "seconds": round(trial.seconds, 3),
    }

"""One repair of a training program from beginning to end: open the study, run the loop, collect what to show."""

from __future__ import annotations

import importlib.util
import os
import shlex
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from operator import attrgetter
from pathlib import Path
from typing import Any

from netmend.core import loop
from netmend.core.budget import Budget, Meter
from netmend.core.discover import contributions
from netmend.core.errors import ControlFailed, StudyChanged, UsageError
from netmend.core.exhibits import Exhibit
from netmend.core.ledger import Ledger
from netmend.core.records import Cost, Diagnosis, Repair
from netmend.program.edits import SourcePatch
from netmend.repairs.program import exhibits
from netmend.repairs.program.evidence import Evidence, Observation
from netmend.repairs.program.infill._base import NO_FILLER, Filler
from netmend.repairs.program.infill._scorer import opened_as
from netmend.repairs.program.measure import Measurer
from netmend.repairs.program.oracle import Oracle
from netmend.repairs.program.proposers._base import ProposerKind
from netmend.repairs.program.repairer import ProgramRepairer
from netmend.training.executors import executor_for
from netmend.training.preload import preload_of
from netmend.training.runs import Limits, RunResult
from netmend.training.subject import TrainingProgram

FEWEST_RUNS = 3
"""With fewer runs on each side no exact test reaches 0.05: 1 / C(3 + 3, 3) = 0.05 (`netmend.core.stats.smallest_p`)."""

SCREENS = ("none", "lanes")

LANES = 2
"""Runs side by side unless the user says otherwise: the number of cores of the machines it was built on."""


@dataclass(frozen=True, slots=True)
class Options:
    """How to go about it.

    Attributes:
        folder: the study's own folder; journal and results of runs are kept there.
        budget: of the search. runs: of each sample (baseline, control, screen, confirm).
        proposer: public name. as_published: by the published protocol of that proposer. executor: "auto", "fork" or
            "fresh". lanes: runs side by side.
        seed: root of all seeds. resume: continue the study that lies in `folder`.
        screen: "lanes" lets learning rates be ranked in one JAX program before they are tried, where that pays
            (`netmend.repairs.program.screens`); "none" does not.
        processor_time: count the budget in seconds of the processor, of runs and of thinking alike: the same whatever
            else the machine does, and blind to time that a program waits for data or for a GPU.
        filler: the model that fills holes, for a proposer that asks one.
    """

    folder: Path
    budget: Budget = field(default_factory=lambda: Budget("x", 20))
    runs: int = 5
    proposer: str = "auto"
    as_published: bool = False
    executor: str = "auto"
    lanes: int = LANES
    seed: int = 0
    resume: bool = False
    screen: str = "none"
    processor_time: bool = False
    filler: Filler = NO_FILLER


@dataclass(frozen=True)
class ProgramDiagnosis:
    """What `diagnose` gives."""

    diagnosis: Diagnosis
    observation: Observation
    oracle: Oracle
    costs: Mapping[str, Cost]
    exhibits: tuple[Exhibit, ...]
    warnings: tuple[str, ...]


@dataclass(frozen=True)
class ProgramRepair:
    """What `repair` gives: the repair itself, and what to show of it."""

    repair: Repair[SourcePatch, Evidence]
    oracle: Oracle
    exhibits: tuple[Exhibit, ...]
    warnings: tuple[str, ...]
    control_failed: bool = False

    @property
    def patch(self) -> SourcePatch | None:
        """The confirmed patch, if it is one to hand over: the goal is met, or none was named."""
        confirmed = self.repair.confirmed
        if confirmed is None or (self.oracle.goal is not None and not confirmed.verdict.accepted):
            return None
        return confirmed.patch


Watch = loop.Watcher[SourcePatch, Evidence]
Noticed = Callable[[RunResult], None]


def diagnose_program(
    subject: TrainingProgram, options: Options, watch: Watch | None = None, noticed: Noticed | None = None
) -> ProgramDiagnosis:
    """Watch a training program and say what is wrong and where.

    Args:
        watch: told what happens. noticed: told of each finished run, from any thread.

    Raises:
        SubjectError: it cannot be observed. UsageError, EnvironmentFault: see `netmend.core.errors`.
    """
    with open_study(subject, options, watch or Watch(), noticed, revives=True) as opened:
        repairer, plan, meter, watcher, damage = opened
        observation, diagnosis = loop.observe(repairer, plan, meter, watcher)
        assert repairer.oracle is not None
        shown = exhibits.of_diagnosis(subject.program, observation, diagnosis, repairer.oracle)
        notes = [*_reading_notes(subject), *exhibits.warnings(observation), *damage]
        return ProgramDiagnosis(diagnosis, observation, repairer.oracle, meter.costs, tuple(shown), tuple(notes))


def repair_program(
    subject: TrainingProgram, options: Options, watch: Watch | None = None, noticed: Noticed | None = None
) -> ProgramRepair:
    """Repair a training program.

    An interruption during the search hands over the best so far; the study can be resumed. Where the control fails
    nothing is tried, and the diagnosis is handed over.

    Args:
        watch: told what happens. noticed: told of each finished run, from any thread.

    Raises:
        KeyboardInterrupt: while the program was still being watched, so that there is nothing to hand over yet.
        SubjectError: it cannot be observed.
        UsageError, EnvironmentFault: see `netmend.core.errors`.
    """
    with open_study(subject, options, watch or Watch(), noticed, revives=True) as opened:
        repairer, plan, meter, watcher, damage = opened
        failed = ""
        try:
            repair = loop.repair(repairer, plan, meter, watcher)
        except ControlFailed as error:
            repair, failed = error.found, error.hint
        if options.as_published:
            # One run tells no patch from chance; published protocols hand over the one that did best all the same.
            repair = replace(repair, best=repair.best or loop.nearest(repair.trials))
        observation, oracle = repairer.observation, repairer.oracle
        assert observation is not None and oracle is not None
        found = exhibits.of_repair(subject.program, observation, repair, oracle, repairer.searched)
        shown = [*found, *repairer.exhibits]
        notes = [*_reading_notes(subject), *exhibits.warnings(observation), *damage]
        if failed:
            notes.insert(0, f"Nothing was tried: {failed}.")
        return ProgramRepair(repair, oracle, tuple(shown), tuple(notes), control_failed=bool(failed))


def _reading_notes(subject: TrainingProgram) -> list[str]:
    """What was left out of the program's files when they were read: the magics of a notebook."""
    return [f"{file.name}: {note}." for file in subject.program.files for note in file.notes]


NOTHING_CONFIRMED = 1
INTERRUPTED = 130


def exit_status(found: ProgramRepair) -> int:
    """0: the requirement holds, or a confirmed patch was handed over; 1: neither; 3: the control failed.

    130: interrupted before that.
    """
    if found.control_failed:
        return ControlFailed.status
    if found.repair.nothing_to_repair or found.patch is not None:
        return 0
    return INTERRUPTED if found.repair.interrupted else NOTHING_CONFIRMED


def report_facts(subject: TrainingProgram, options: Options, found: ProgramDiagnosis | ProgramRepair) -> dict[str, Any]:
    """What a document of this study says beside the repair or diagnosis itself."""
    metric, goal = found.oracle.metric, subject.requirement.goal
    direction = "at least" if metric.higher_is_better else "at most"
    return {
        "kind": "program",
        "subject": subject.program.main.name,
        "requirement": "" if goal is None else f"{metric.name} {direction} {goal:g}",
        "exhibits": found.exhibits,
        "warnings": found.warnings,
        "reproduce": reproduce(subject, options, "diagnose" if isinstance(found, ProgramDiagnosis) else "repair"),
        "references": _methods(found, options.proposer),
    }


def _methods(found: ProgramDiagnosis | ProgramRepair, proposer: str) -> tuple[str, ...]:
    """Names of the methods that were used, for the references; those of findings are cited where they are explained."""
    if isinstance(found, ProgramDiagnosis) or not found.repair.trials:
        return ()
    names = ["kim-2023", proposer, "mann-whitney", "vargha-delaney"]
    if any(trial.draw.effort < 1 for trial in found.repair.trials):
        names.append("successive-halving")
    if "minimise" in found.repair.costs:
        names += ["1-minimal", "equivalence"]
    return tuple(names)


def reproduce(subject: TrainingProgram, options: Options, command: str) -> tuple[str, ...]:
    """The shell commands that give the same result again. `command` is "repair" or "diagnose"."""
    path = subject.program.folder / subject.program.main.name
    here = Path.cwd()
    words = ["netmend", command, str(path.relative_to(here) if path.is_relative_to(here) else path)]
    requirement = subject.requirement
    if requirement.metric:
        words += ["--metric", requirement.metric]
    if requirement.goal is not None:
        words += ["--goal", f"{requirement.goal:g}"]
    if command == "repair":
        words += ["--budget", str(options.budget), "--proposer", options.proposer]
        words += ["--as-published"] if options.as_published else []
        words += ["--screen", options.screen] if options.screen != "none" else []
        asked = options.filler
        for option, value in (("--filler", asked.name), ("--model", asked.model), ("--endpoint", asked.endpoint)):
            words += [option, value] if value else []
    words += ["--seeds", str(options.runs), "--seed", str(options.seed)]
    words += [*_unusual(subject), *(["--executor", options.executor] if options.executor != "auto" else [])]
    if options.lanes != LANES:  # of patches under way together, the best that meets the goal is taken
        words += ["--lanes", str(options.lanes)]
    if subject.arguments:
        words += ["--", *subject.arguments]
    return (shlex.join(words),)


def _unusual(subject: TrainingProgram) -> list[str]:
    """Options for whatever is not as it is without them."""
    words = ["--python", subject.python] if subject.python not in ("", sys.executable) else []
    if subject.limits.seconds != Limits().seconds:
        words += ["--timeout", f"{subject.limits.seconds:g}"]
    if subject.limits.memory != Limits().memory:
        words += ["--memory", f"{subject.limits.memory / 2**30:g}"]
    return words


@contextmanager
def open_study(
    subject: TrainingProgram, options: Options, watch: Watch, noticed: Noticed | None, *, revives: bool = False
) -> Iterator[tuple[ProgramRepairer, loop.Plan, Meter, Watch, list[str]]]:
    """A study with everything its loop needs: the repairer, the plan, the meter, who is told, damage of the journal.

    Args:
        revives: a program that crashes is watched with a change with which it trains, and not refused.

    Raises:
        UsageError, StudyChanged, EnvironmentFault: the study in the folder cannot be begun or continued.
    """
    if options.runs < FEWEST_RUNS:
        raise UsageError(f"{options.runs} runs of a sample are too few", hint=f"--seeds needs at least {FEWEST_RUNS}")
    proposer = _proposer(options.proposer, as_published=options.as_published)
    if options.screen not in SCREENS:
        raise UsageError(f"there is no screen called {options.screen!r}", hint=f"choose one of {', '.join(SCREENS)}")
    if options.screen != "none" and not proposer.screens:
        raise UsageError(f"{options.proposer} asks for patches one by one: nothing waits that could be screened")
    if options.filler != NO_FILLER:
        if not proposer.fills:
            raise UsageError(f"{options.proposer} asks no filler", hint="--filler goes with --proposer infill")
        opened_as(options.filler)  # what it lacks is said before anything runs
    executor = executor_for(options.executor, preload_of(subject.program, {**os.environ, **subject.environment}))
    if options.resume and not (options.folder / "journal.jsonl").is_file():
        hint = "leave out --resume, or name the folder of the report with --out"
        raise UsageError("there is no study to resume", where=str(options.folder), hint=hint)
    with Ledger(options.folder) as ledger:
        _same_study(ledger, subject, options)
        meter = Meter(options.budget, earlier_seconds=_earlier(ledger) if options.resume else 0.0)
        measurer = Measurer(subject, executor, ledger, meter, options.folder, options.lanes)
        if options.processor_time:
            meter.thinking_clock, measurer.seconds_of = time.process_time, attrgetter("cpu_seconds")
        if noticed is not None:
            measurer.noticed = noticed
        plan = loop.Plan(options.runs, options.runs, options.runs, options.seed, options.lanes)
        try:
            repairer = ProgramRepairer(
                measurer,
                proposer,
                options.seed,
                as_published=options.as_published,
                screens=options.screen == "lanes",
                revives=revives,
                filler=options.filler,
                tell=watch.phase,
            )
            damage = [f"The journal of the study is damaged: {sentence}." for sentence in ledger.damage]
            yield repairer, plan, meter, replace(watch, record=_recorded(ledger, watch.record)), damage
        finally:
            measurer.close()


def _proposer(name: str, *, as_published: bool) -> ProposerKind:
    known = contributions("netmend.repairs.program.proposers", ProposerKind)
    if name not in known:
        raise UsageError(f"there is no proposer called {name!r}", hint=f"known proposers: {', '.join(known)}")
    kind: ProposerKind = known[name].value
    missing = [package for package in kind.requires if importlib.util.find_spec(package) is None]
    if missing:
        what = f"the proposer {name} needs packages that are not installed: {', '.join(missing)}"
        raise UsageError(what, hint="pip install 'netmend[search]'")
    if as_published and not kind.published:
        published = ", ".join(other for other, each in known.items() if each.value.published)
        raise UsageError(
            f"there is no published protocol for {name}", hint=f"--as-published goes with --proposer {published}"
        )
    return kind


def _same_study(ledger: Ledger, subject: TrainingProgram, options: Options) -> None:
    """A new study is written down; a resumed one must be about the same thing. Its budget may be another."""
    about: dict[str, Any] = {
        "program": subject.program.digest,
        "metric": subject.requirement.metric,
        "goal": subject.requirement.goal,
        "runs": options.runs,
        "proposer": f"{options.proposer} as published" if options.as_published else options.proposer,
        "seed": options.seed,
        "screen": options.screen,
        "arguments": list(subject.arguments),
        "python": subject.python,
        "environment": subject.environment,
        "timeout": subject.limits.seconds,
        "memory": subject.limits.memory,
    }
    if options.filler != NO_FILLER:
        about["filler"] = [options.filler.name, options.filler.model, options.filler.endpoint]
    earlier = next(ledger.of_kind("study"), None)
    if earlier is None:
        ledger.append("study", about)
        return
    if not options.resume:
        raise UsageError(
            "there is a study in this folder already",
            where=str(options.folder),
            hint="name another folder with --out, or continue it with repair --resume",
        )
    changed = sorted(key for key in about if earlier.data.get(key) != about[key])
    if changed:
        raise StudyChanged(
            f"the study cannot be continued: {', '.join(changed)} changed since it began",
            where=str(options.folder),
            hint="give the same program and options as before, or start a new study with another --out",
        )


def _earlier(ledger: Ledger) -> float:
    """Wall clock that earlier sessions of this study had used when their last run ended."""
    return max((float(record.data["wall"]) for record in ledger.of_kind("run")), default=0.0)


def _recorded(ledger: Ledger, then: Callable[[str, dict[str, Any]], None]) -> Callable[[str, dict[str, Any]], None]:
    written = {(record.kind, _identity(record.data)) for record in ledger.records}

    def record(kind: str, data: dict[str, Any]) -> None:
        if (kind, _identity(data)) not in written:
            ledger.append(kind, data)
        then(kind, data)

    return record


def _identity(data: Mapping[str, Any]) -> tuple[Any, ...]:
    return (data.get("number"), data.get("patch"), data.get("purpose"), tuple(data.get("seeds", ())))

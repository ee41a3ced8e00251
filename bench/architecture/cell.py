"""One cell of the benchmark: a fault repaired by one technique under one budget, once, and judged on fresh runs."""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from bench.architecture.published import search_as_published
from bench.architecture.shared_runs import SharedRuns
from netmend.core import loop
from netmend.core.budget import Budget, Meter
from netmend.core.records import Cost, Purpose, Trial
from netmend.core.stats import Score, mean
from netmend.program.edits import SourcePatch
from netmend.program.elements._base import Element
from netmend.program.elements._find import find_all
from netmend.repairs.program.evidence import Evidence
from netmend.repairs.program.repairer import ProgramRepairer
from netmend.repairs.program.study import Options, Watch, open_study
from netmend.training.subject import TrainingProgram

RUNS = 5
"""Runs of every sample, the default of `netmend repair`."""

FRESH = 90
"""The seeds that judge a finished repair are those of the 90th confirmation, which no repair ever reaches."""


@dataclass(frozen=True, slots=True)
class Technique:
    """One column of the tables. `as_published`: in the space and by the protocol of Kim et al., ICST 2023."""

    name: str
    proposer: str
    as_published: bool = False


TECHNIQUES = {
    technique.name: technique
    for technique in (
        Technique("auto", "auto"),
        Technique("auto without prior", "auto-without-prior"),
        *(Technique(name, name) for name in ("random", "hebo", "bohb", "tpe", "cma", "autotrainer")),
        *(Technique(f"{name} as published", name, as_published=True) for name in ("random", "hebo", "bohb")),
        Technique("autotrainer as published", "autotrainer", as_published=True),
    )
}


@dataclass(frozen=True, slots=True)
class Finished:
    """What a cell gave.

    Attributes:
        faulty, patched: fresh runs on report rows; the faulty ones again where nothing was found.
        patch: empty if nothing was found. elements: of the faulty program. claim: the technique's verdict on the patch.
        trials: candidates tried. trainings, seconds, suggesting: of the search, shares of trainings counted as whole.
    """

    metric: str
    higher_is_better: bool
    faulty: tuple[Score, ...]
    patched: tuple[Score, ...]
    trivial: float | None
    patch: SourcePatch
    elements: tuple[Element, ...]
    claim: str
    trials: int
    trainings: int
    all_trainings: int
    seconds: float
    suggesting: float
    unit_seconds: float
    wall_seconds: float
    ended: str

    def changes(self) -> str:
        """The changes of the patch as JSON: kind, layer, before, after."""
        layers = {(element.kind, element.place): element.layer for element in self.elements}
        found = [
            [change.kind, layers.get((change.kind, change.place)), change.before, change.after]
            for change in self.patch.changes
        ]
        return json.dumps(found, separators=(",", ":"))


def run(subject: TrainingProgram, technique: Technique, budget: int, seed: int, folder: Path, lanes: int) -> Finished:
    """Repair a fault with one technique and judge the result on runs that nothing was chosen by.

    Args:
        folder: of this fault and repeat; runs are shared there between techniques and budgets.
    """
    started = time.monotonic()
    study, shared = folder / "study", SharedRuns(folder / "runs")
    shutil.rmtree(study, ignore_errors=True)
    shared.lend(study)
    options = Options(
        folder=study,
        budget=Budget("x", budget),
        runs=RUNS,
        proposer=technique.proposer,
        lanes=lanes,
        seed=seed,
        as_published=technique.as_published,
        processor_time=True,  # so that no technique gets more trainings because the machine had less else to do
    )
    try:
        with open_study(subject, options, Watch(), None) as (repairer, plan, meter, watch, _):
            found = _published if technique.as_published else _repaired
            patch, claim, trials, ended = found(repairer, plan, meter, watch)
            meter.enter("judge")
            fresh = plan.draw(Purpose.CONFIRM, RUNS, attempt=FRESH)
            before = repairer.try_out(repairer.nothing(), fresh)
            after = repairer.try_out(patch, fresh) if patch.size else before
            search = meter.costs.get("search", Cost())
            return Finished(
                metric=before.metric.name,
                higher_is_better=before.metric.higher_is_better,
                faulty=before.scores("report"),
                patched=_no_harm(before, after) if technique.as_published else after.scores("report"),
                trivial=before.trivial("report"),
                patch=patch,
                elements=find_all(subject.program),
                claim=claim,
                trials=len({trial.patch.id for trial in trials}),
                trainings=search.runs,
                all_trainings=sum(cost.runs for phase, cost in meter.costs.items() if phase != "judge"),
                seconds=search.run_seconds,
                suggesting=search.propose_seconds,
                unit_seconds=meter.unit_seconds,
                wall_seconds=time.monotonic() - started,
                ended=ended,
            )
    finally:
        shared.take_back(study)
        shutil.rmtree(study, ignore_errors=True)


Found = tuple[SourcePatch, str, Sequence[Trial[SourcePatch, Evidence]], str]


def _repaired(repairer: ProgramRepairer, plan: loop.Plan, meter: Meter, watch: Watch) -> Found:
    """As `netmend repair` does it: control, search, minimise, confirm."""
    repair = loop.repair(repairer, plan, meter, watch)
    if repair.confirmed is None:
        return repairer.nothing(), "none", repair.trials, repair.ended
    return repair.confirmed.patch, repair.confirmed.verdict.outcome.value, repair.trials, repair.ended


def _published(repairer: ProgramRepairer, plan: loop.Plan, meter: Meter, watch: Watch) -> Found:
    """As Kim et al. do it: one run per candidate, and the best on search rows is the patch."""
    trials, ended = search_as_published(repairer, plan, meter, watch)
    measured = [trial for trial in trials if trial.patch.size and trial.verdict.score > float("-inf")]
    if not measured:
        return repairer.nothing(), "none", trials, ended
    return max(measured, key=lambda trial: trial.verdict.score).patch, "best of the search", trials, ended


def _no_harm(before: Evidence, after: Evidence) -> tuple[Score, ...]:
    """The published rule: a patch that is worse on report rows than the faulty program is not counted."""
    old, new = before.scores("report"), after.scores("report")
    sign = 1 if before.metric.higher_is_better else -1
    return new if sign * mean(new) >= sign * mean(old) else old

"""One cell of the benchmark: a program repaired by one technique, once, its patch judged by the published criteria."""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path

from bench.elements.subjects import Subject
from netmend.core import loop
from netmend.core.budget import Budget
from netmend.core.records import Cost, Draw, Outcome, Purpose
from netmend.core.stats import Score
from netmend.program.edits import SourcePatch
from netmend.repairs.program.criteria import LOOKS, goes_on, matched
from netmend.repairs.program.infill._base import NO_FILLER, Filler
from netmend.repairs.program.repairer import ProgramRepairer
from netmend.repairs.program.study import Options, Watch, open_study

RUNS = 5
"""Of every sample of a repair, the default of `netmend repair`."""

FRESH = 90
"""The seeds that judge a patch are those of the 90th confirmation, which no repair ever reaches."""

BETTER = (Outcome.PLAUSIBLE, Outcome.IMPROVED)


@dataclass(frozen=True, slots=True)
class Technique:
    """One column of the tables."""

    name: str
    proposer: str
    filler: Filler = NO_FILLER


TECHNIQUES = {
    technique.name: technique
    for technique in (
        Technique("infill", "infill"),
        *(
            Technique(name, "infill", Filler(name))
            for name in ("frequency", "counts", "neighbours", "encoder", "mixture")
        ),
        *(Technique(name, name) for name in ("autotrainer", "random", "auto", "auto-without-prior")),
    )
}


@dataclass(frozen=True, slots=True)
class Finished:
    """What a cell gave.

    Attributes:
        faulty: runs of the program as it is, on report rows. patched: fresh runs of the patch on the same rows, as many
            of `LOOKS` as it was worth; none if no patch was confirmed.
        trivial: what a constant answer scores there. claim: netmend's own verdict.
        patch: its changes as JSON: kind, line, before, after.
        exact: the patch is the fix in canonical form. exact_rank: which candidate was, from 1; 0 if none.
        candidates: tried. first_accepted: the first that looked better when it was tried, from 1; 0 if none.
        trainings, seconds: of the search. all_trainings, wall_seconds: of the repair, judging apart.
    """

    metric: str
    higher_is_better: bool
    faulty: tuple[Score, ...]
    patched: tuple[Score, ...]
    trivial: float
    claim: str
    patch: str
    exact: bool
    exact_rank: int
    candidates: int
    first_accepted: int
    trainings: int
    all_trainings: int
    seconds: float
    wall_seconds: float
    ended: str


def run(subject: Subject, technique: Technique, budget: str, seed: int, folder: Path) -> Finished:
    """Repair a program and judge the patch on runs that nothing was chosen by.

    Args:
        folder: for the program and the study; both are removed at the end.

    Raises:
        NetmendError: the program cannot be repaired at all; see `repair_program`.
    """
    started = time.monotonic()
    options = Options(
        folder / "study",
        budget=Budget.parse(budget),
        runs=RUNS,
        proposer=technique.proposer,
        lanes=1,
        seed=seed,
        filler=technique.filler,
    )
    program = subject.write("faulty", folder / "program")
    try:
        with open_study(program, options, Watch(), None) as (repairer, plan, meter, watch, _):
            repair = loop.repair(repairer, plan, meter, watch)
            wall = time.monotonic() - started
            meter.enter("judge")
            before, confirmed = repair.before, repair.confirmed
            faulty, trivial = before.scores("report"), before.trivial("report")
            trivial = float("nan") if trivial is None else trivial
            better = before.metric.higher_is_better
            patched = () if confirmed is None else _judged(repairer, plan, confirmed.patch, faulty, trivial, better)
            fix = subject.program("fixed")
            tried = {trial.patch.id: trial.patch for trial in repair.trials}
            better_ids = {trial.patch.id for trial in repair.trials if trial.verdict.outcome in BETTER}
            search = meter.costs.get("search", Cost())
            return Finished(
                metric=before.metric.name,
                higher_is_better=better,
                faulty=faulty,
                patched=patched,
                trivial=trivial,
                claim="none" if confirmed is None else confirmed.verdict.outcome.value,
                patch="[]" if confirmed is None else _changes(confirmed.patch),
                exact=confirmed is not None and matched(confirmed.patch.patched_program(), fix),
                exact_rank=_first(matched(patch.patched_program(), fix) for patch in tried.values()),
                candidates=len(tried),
                first_accepted=_first(name in better_ids for name in tried),
                trainings=search.runs,
                all_trainings=sum(cost.runs for phase, cost in meter.costs.items() if phase != "judge"),
                seconds=search.run_seconds,
                wall_seconds=wall,
                ended=repair.ended,
            )
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _judged(
    repairer: ProgramRepairer,
    plan: loop.Plan,
    patch: SourcePatch,
    faulty: tuple[Score, ...],
    trivial: float,
    higher_is_better: bool,
) -> tuple[Score, ...]:
    """Fresh runs, a look after the other."""
    whole = plan.draw(Purpose.CONFIRM, LOOKS[-1], attempt=FRESH)
    found: tuple[Score, ...] = ()
    for first, last in zip((0, *LOOKS), LOOKS, strict=False):
        if found and not goes_on(faulty, found, trivial=trivial, higher_is_better=higher_is_better):
            break
        part: Draw = replace(whole, seeds=whole.seeds[first:last])
        found += repairer.try_out(patch, part).scores("report")
    return found


def _first(found: Iterable[bool]) -> int:
    """The number of the first that is true, from 1; 0 if none is."""
    return next((number for number, each in enumerate(found, 1) if each), 0)


def _changes(patch: SourcePatch) -> str:
    found = [[change.kind, change.place.line, change.before, change.after] for change in patch.changes]
    return json.dumps(found, separators=(",", ":"))

"""Traces of mutants: one row of features, ground truth and today's ranking for each faulty program."""

from __future__ import annotations

import csv
import json
import random
import statistics
import sys
from collections import defaultdict
from collections.abc import Iterator, Sequence
from itertools import zip_longest
from pathlib import Path

from bench.machine import machine, today, versions
from netmend.core.budget import Budget
from netmend.core.discover import contributions
from netmend.core.records import Draw, Purpose
from netmend.mutation.generate import mutants
from netmend.mutation.mutant import Mutant
from netmend.program.elements._base import Element
from netmend.program.elements._find import find_all
from netmend.program.lint._run import run as lint
from netmend.program.source import Program
from netmend.repairs.program.evidence import Observation
from netmend.repairs.program.learned.experience import fault
from netmend.repairs.program.learned.features import features
from netmend.repairs.program.localise import localise
from netmend.repairs.program.repairer import ProgramRepairer
from netmend.repairs.program.study import Options, Watch, open_study
from netmend.training.evaluation import whole_score
from netmend.training.metrics._base import Metric
from netmend.training.runs import Limits
from netmend.training.subject import TrainingProgram
from netmend.training.symptoms._base import Symptom
from netmend.training.symptoms._run import run as symptoms
from netmend.training.trace import Trace

HERE = Path(__file__).parent
PROGRAMS = (HERE / "programs", HERE.parents[1] / "tests" / "subjects" / "correct")
RESULTS = HERE / "traces.csv"

PER_PROGRAM = 30
"""Mutants trained of each of the 14 programs, so that there are fewer than 500 runs."""

ORIGINAL_RUNS = 3
"""Trainings of each original. A label for training needs no proof: one run of a mutant is compared with the worst."""

CLEARLY_WORSE = 2
"""A mutant counts if it is worse than the worst run of the original by so many of the smallest gains that matter
(`netmend.training.metrics`): 0.02 of accuracy, 10 % of an error. Own choice, made before any result."""

TRAINING_DATA = "training-data"


def sample(program: Program, count: int, seed: int) -> list[Mutant]:
    """Mutants of a program, operators in turn, those of one operator in random order but the harshest values first.

    Only such whose fault a source element or the training data hold: nothing could rank the others. The five operators
    of training data count as one.
    """
    chance = random.Random(seed)
    by_operator: dict[str, list[Mutant]] = defaultdict(list)
    for mutant in mutants(program):
        if mutant.truth[0].kind == TRAINING_DATA:
            by_operator[TRAINING_DATA].append(mutant)
        elif mutant.truth[0].element:
            by_operator[mutant.operator].append(mutant)
    for found in by_operator.values():
        chance.shuffle(found)
        found.sort(key=_mildness)
    turns = (mutant for row in zip_longest(*by_operator.values()) for mutant in row if mutant is not None)
    return [mutant for _, mutant in zip(range(count), turns, strict=False)]


def collect(work: Path, *, per_program: int = PER_PROGRAM, seed: int = 1, results: Path = RESULTS) -> None:
    """Train what is not in the table yet, and add a row for each mutant. Can be interrupted and continued.

    Args:
        work: folder for journals and runs. seed: of the draw of mutants and of all trainings.
    """
    known = {(row["program"], row["mutant"]) for row in read(results)}
    for path in sorted(path for folder in PROGRAMS for path in folder.glob("*.py")):
        program = Program.read(path)
        wanted = sample(program, per_program, seed)
        missing = [(at, mutant) for at, mutant in enumerate(wanted) if (path.stem, mutant.patch.id) not in known]
        if missing:
            folder = work / path.stem
            options = Options(
                folder, Budget("runs", 10**6), runs=ORIGINAL_RUNS, executor="fork", lanes=1, seed=seed,
                resume=(folder / "journal.jsonl").is_file(),
            )  # fmt: skip
            subject = TrainingProgram(program, sys.executable, limits=Limits(seconds=120))
            print(path.stem, len(missing), flush=True)
            for row in _rows(subject, options, missing):
                append(results, {"program": path.stem, **row})


def read(results: Path = RESULTS) -> list[dict[str, str]]:
    """The rows of the table; none if there is no table."""
    if not results.exists():
        return []
    csv.field_size_limit(10**7)
    with results.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def _mildness(mutant: Mutant) -> int:
    """Steps from the extreme of a parameter that is a matter of degree; 0 for all others."""
    (mutation,) = mutant.mutations
    scale = mutation.opportunity.scale
    return scale.ladder().index(mutation.value) if scale else 0


def _rows(subject: TrainingProgram, options: Options, wanted: Sequence[tuple[int, Mutant]]) -> Iterator[dict[str, str]]:
    with open_study(subject, options, Watch(), None) as (repairer, plan, *_):
        observation = repairer.observe(plan.draw(Purpose.BASELINE, ORIGINAL_RUNS))
        metric = observation.evidence.metric
        original = [_score(run.result.trace, metric) for run in observation.evidence.runs]
        scores = [score for score in original if score is not None]
        seeds = plan.draw(Purpose.CONTROL, wanted[-1][0] + 1).seeds
        for at, mutant in wanted:
            yield _row(repairer, seeds[at], observation, scores, mutant)


def _row(
    repairer: ProgramRepairer, seed: int, observation: Observation, original: Sequence[float], mutant: Mutant
) -> dict[str, str]:
    metric = observation.evidence.metric
    # A draw to confirm is watched in full.
    evidence = repairer.try_out(mutant.patch, Draw(Purpose.CONFIRM, (seed,)))
    result = evidence.runs[0].result
    trace = result.trace if result.ok and not evidence.changed_evaluation else None
    score = _score(trace, metric)
    worst = min(original) if metric.higher_is_better else max(original)
    needed = CLEARLY_WORSE * metric.smallest_gain_from(worst)
    worse = trace is not None and (score is None or metric.gain(worst, score) < -needed)
    elements = find_all(mutant.program)
    truth = mutant.truth[0]
    at_fault = next((element for element in elements if element.id == truth.element), None)
    row = {
        "mutant": mutant.patch.id,
        "operator": mutant.acronym,
        "what": mutant.patch.describe(),
        "fault": fault(at_fault) if at_fault else TRAINING_DATA,
        "metric": metric.name,
        "original": f"{statistics.mean(original):.4g}",
        "worst": f"{worst:.4g}",
        "score": "" if score is None else f"{score:.4g}",
        "end": result.end.value if not evidence.changed_evaluation else "other evaluation rows",
        "clearly_worse": str(int(worse)),
        "rank": "",
        "ranking": "",
        "features": "",
    }
    if worse and trace is not None:
        row |= _seen(trace, elements, at_fault)
    return row | {"versions": versions("torch", "keras", "scikit-learn"), "machine": machine(), "date": today()}


def _seen(trace: Trace, elements: Sequence[Element], at_fault: Element | None) -> dict[str, str]:
    """Today's ranking, where in it the fault stands, and the features."""
    hits, fired = lint(elements), symptoms(trace)
    known = contributions("netmend.training.symptoms", Symptom)
    thresholds = {name: symptom.value.threshold for name, symptom in known.items()}
    _, ranked = localise(elements, hits, [fired], thresholds)
    rank = next((at for at, each in enumerate(ranked, 1) if each.element == at_fault), 0)
    ranking = [f"{fault(each.element)}:{each.score:.6f}:{len(each.findings)}" for each in ranked]
    seen = {name: float(f"{value:.4g}") for name, value in features(trace, fired, hits).items()}
    return {"rank": str(rank or ""), "ranking": ";".join(ranking), "features": json.dumps(seen)}


def _score(trace: Trace | None, metric: Metric) -> float | None:
    return None if trace is None or trace.evaluation is None else whole_score(trace, metric)


def append(results: Path, row: dict[str, str]) -> None:
    """Add a row at the end of a table."""
    new = not results.exists()
    with results.open("a", newline="", encoding="utf-8") as file:
        table = csv.DictWriter(file, fieldnames=list(row))
        if new:
            table.writeheader()
        table.writerow(row)

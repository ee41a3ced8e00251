"""Whether the model helps the search: how many trials `auto` needs until a mutant is as good as its original."""

from __future__ import annotations

import random
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path

from bench.localiser.collect import PROGRAMS, append, read
from bench.localiser.evaluate import Case, cases, chosen
from bench.localiser.model import small_forest
from bench.machine import machine, today, versions
from netmend.core.budget import Budget
from netmend.core.records import Purpose, Trial
from netmend.mutation.generate import mutants
from netmend.program.elements._find import find_all
from netmend.program.source import Program
from netmend.repairs.program.learned.experience import Model
from netmend.repairs.program.study import Options, Watch, open_study
from netmend.training.metrics._base import all_metrics
from netmend.training.runs import Limits
from netmend.training.subject import MetricRequirement, TrainingProgram

RESULTS = Path(__file__).parent / "search.csv"

MUTANTS = 20
BASELINE_RUNS = 5
TRIALS = 15
"""So many trials at most; a mutant that is not repaired by then counts as one more."""

Row = dict[str, str]


@dataclass(frozen=True, slots=True)
class Found:
    """How a search went. Trials that were not needed for it are not made.

    Attributes:
        solved: number of the first trial that meets the goal; 0 if none of `TRIALS` does.
        right: number of the first trial that changes the element at fault. runs: trainings of all trials.
    """

    solved: int
    right: int
    runs: int


def search(work: Path, *, results: Path = RESULTS) -> None:
    """Measure what is not in the table yet, with and without a model that has not seen the program.

    Args:
        work: folder for journals and runs; both searches of a mutant share the runs that they have in common.
    """
    traced = read()
    known = {(row["program"], row["mutant"]) for row in read(results)}
    for row in drawn(traced):
        if (row["program"], row["mutant"]) in known:
            continue
        model = held_out_model(cases(traced), row["program"])
        without, joined = (_searched(work / row["mutant"][:16], row, each) for each in (None, model))
        found = {name: row[name] for name in ("program", "mutant", "what", "fault", "metric")}
        found["goal"] = f"{goal(row):.4g}"
        for name, one in (("without", without), ("with", joined)):
            found |= {
                f"trials_{name}": str(one.solved or ""),
                f"right_element_{name}": str(one.right or ""),
                f"runs_{name}": str(one.runs),
            }
        found |= {"versions": versions("torch", "keras", "scikit-learn"), "machine": machine(), "date": today()}
        append(results, found)
        print(*list(found.values())[:-3], sep="\t", flush=True)


def drawn(rows: Sequence[Row], count: int = MUTANTS, seed: int = 1) -> list[Row]:
    """Mutants that have an element at fault, programs in turn, those of one program in random order."""
    chance = random.Random(seed)
    programs = sorted({row["program"] for row in rows})
    of_program = [[row for row in rows if row["program"] == each and row["rank"]] for each in programs]
    for each in of_program:
        chance.shuffle(each)
    return [row for turn in zip_longest(*of_program) for row in turn if row is not None][:count]


def goal(row: Row) -> float:
    """What the worst run of the original reached, less the smallest gain that matters: a run must meet it."""
    metric, worst = all_metrics()[row["metric"]], float(row["worst"])
    least = metric.smallest_gain_from(worst)
    return worst - least if metric.higher_is_better else worst + least


def held_out_model(found: Sequence[Case], program: str) -> Model:
    """The model that is shipped, but for what the program itself has taught it."""
    training = [case for case in found if case.program != program]
    forest = small_forest([case.features for case in training], [case.fault for case in training])
    return Model(forest, chosen(training, small_forest), len(training))


def _searched(folder: Path, row: Row, model: Model | None) -> Found:
    path = next(folder / f"{row['program']}.py" for folder in PROGRAMS if (folder / f"{row['program']}.py").is_file())
    mutant = next(each for each in mutants(Program.read(path)) if each.patch.id == row["mutant"])
    wrong = mutant.truth[0].element
    script = folder / "program" / path.name
    script.parent.mkdir(parents=True, exist_ok=True)
    script.write_text(mutant.program.main.text, encoding="utf-8")
    requirement = MetricRequirement(row["metric"], goal(row))
    subject = TrainingProgram(Program.read(script), sys.executable, requirement=requirement, limits=Limits(seconds=120))
    study = folder / "study"
    resume = (study / "journal.jsonl").is_file()
    options = Options(study, Budget("runs", 10**6), BASELINE_RUNS, executor="fork", lanes=1, seed=1, resume=resume)
    with open_study(subject, options, Watch(), None) as (repairer, plan, *_):
        repairer.model, repairer.scorer = lambda: model, lambda: None
        observation = repairer.observe(plan.draw(Purpose.BASELINE, BASELINE_RUNS))
        proposer = repairer.propose(observation, repairer.diagnose(observation))
        places = {(element.kind, str(element.place)): element.id for element in find_all(subject.program)}
        runs = right = 0
        for number in range(1, TRIALS + 1):
            proposal = proposer.ask()
            if proposal is None:
                break
            changed = {places.get((change.kind, str(change.place))) for change in proposal.patch.changes}
            right = right or number * (wrong in changed)
            draw = plan.draw(Purpose.SCREEN, proposal.runs, effort=proposal.effort)
            evidence = repairer.try_out(proposal.patch, draw)
            runs += len(evidence.runs)
            verdict = repairer.judge(observation.evidence, evidence)
            if verdict.accepted:
                return Found(number, right, runs)
            proposer.tell(Trial(number, proposal.patch, draw, evidence, verdict))
        return Found(0, right, runs)

"""Does a model of correct programs help to find what is wrong, and `auto` to repair it sooner? On mutants for tuning.

    python -m bench.mutants.prior suspects    where the element at fault stands, with and without the model
    python -m bench.mutants.prior collect     try single changes of mutants that are not in the table yet; resumable
    python -m bench.mutants.prior orders      trainings until one of them is accepted, by how much the model counts
    python -m bench.mutants.prior pairs       `auto` with and without the model, on programs with two faults; resumable

A mutant is repaired by a change if a run is as good as the worst run of the correct program (`bench.localiser.search`).
The forest that ranks suspects has not seen the program; the model of programs has seen none of them. For `orders`
changes are tried in full, one after another, as `auto` tries them while nothing has improved.
"""

from __future__ import annotations

import contextlib
import csv
import math
import random
import sys
import tempfile
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path

import numpy as np

from bench.localiser.collect import PROGRAMS, append, read
from bench.localiser.evaluate import Case, cases, joined, measured
from bench.localiser.search import BASELINE_RUNS, Row, drawn, goal, held_out_model
from netmend.core.budget import Budget
from netmend.core.errors import NetmendError, Unchangeable
from netmend.core.records import Outcome, Purpose, Trial
from netmend.mutation.generate import mutants
from netmend.mutation.mutant import Mutant
from netmend.program.blame import Value
from netmend.program.elements._base import Element
from netmend.program.elements._find import find_all
from netmend.program.sequence.read import sequence_of
from netmend.program.source import Program
from netmend.repairs.program.infill import _prior
from netmend.repairs.program.infill._base import Scorer
from netmend.repairs.program.infill._prior import Prior
from netmend.repairs.program.infill._scorer import DEFAULT, scorer
from netmend.repairs.program.learned.experience import Model, fault
from netmend.repairs.program.proposers.auto import DISCOUNT
from netmend.repairs.program.repairer import ProgramRepairer
from netmend.repairs.program.space import Move, Space
from netmend.repairs.program.study import Options, Watch, open_study
from netmend.training.runs import Limits
from netmend.training.subject import MetricRequirement, TrainingProgram

TRIALS = Path(__file__).parent / "results" / "prior-trials.csv"
MUTANTS = 30
PAIRS = TRIALS.with_name("prior-pairs.csv")
PAIRED, SEED, TRIALS_OF_PAIRS = 42, 1, 12
FIRST, FIRST_BY_GAIN = 8, 4
"""So many changes are tried in the order of `auto`, and so many more in that of score times gain."""

UNTRIED = 2
"""Trainings that a change is thought to take, in vain, which no order tried: about the mean of those that failed."""


@cache
def _mutants(program: str) -> Mapping[str, Mutant]:
    path = next(folder / f"{program}.py" for folder in PROGRAMS if (folder / f"{program}.py").is_file())
    return {each.patch.id: each for each in mutants(Program.read(path))}


def _prior_of(program: Program) -> Prior:
    sequence = sequence_of(program)
    assert sequence is not None, "the programs of the bench can be read"
    return Prior(scorer(), sequence, find_all(program))


# Suspects


def suspects() -> None:
    """Print how all mutants with an element at fault are ranked, for each way to put scores and chances together."""
    found = list(_rankings())
    print("scores  chances  reciprocal rank, first, among three, recall, precision")
    for scores in (1.0, 0.75, 0.5):
        for chances in (0.0, 0.25, 0.5, 0.75):
            standings = [
                measured(case, _together(case, old, said, scores, chances), share) for case, old, said, share in found
            ]
            columns = [
                [each.reciprocal_rank for each in standings],
                [each.recalls[0] for each in standings],
                [each.recalls[1] for each in standings],
                [each.recall for each in standings],
                [each.precision for each in standings],
            ]
            print(f"{scores:6}  {chances:7}  " + "  ".join(f"{np.mean(column):.3f}" for column in columns))


def _together(
    case: Case, scores: Sequence[float], said: Sequence[float | None], weight: float, chances: float
) -> list[float]:
    return [
        score if chance is None else 1 - (1 - weight * score) * (1 - chances * chance)
        for score, chance in zip(scores, said, strict=True)
    ]


def _rankings() -> Iterator[tuple[Case, list[float], list[float | None], float]]:
    """Each case with the scores of findings and forest, the chances of the model, and the share that names suspects."""
    rows = [row for row in read() if row["ranking"]]
    all_cases = cases(rows)
    models: dict[str, Model] = {}
    for row, case in zip(rows, all_cases, strict=True):
        if case.at < 0:
            continue
        model = models.setdefault(row["program"], held_out_model(all_cases, row["program"]))
        mutant = _mutants(row["program"])[row["mutant"]]
        prior = _prior_of(mutant.program)
        # A ranking names kinds: the element at fault is known, others of its kind are taken in the order of the text.
        waiting: dict[str, list[Element]] = defaultdict(list)
        wrong = next(each for each in prior.elements if each.id == mutant.truth[0].element)
        for element in prior.elements:
            if element is not wrong:
                waiting[fault(element)].append(element)
        ranked = [
            wrong if at == case.at else waiting[kind].pop(0) if waiting[kind] else None
            for at, kind in enumerate(case.faults)
        ]
        said = [None if element is None else prior.chance(element) for element in ranked]
        yield case, joined(case, model.forest(case.features), model.weights), said, model.weights.named


# Trials


def collect() -> None:
    """Try what is not in the table yet."""
    traced = read()
    known = {row["mutant"] for row in read(TRIALS)}
    for row in drawn(traced, MUTANTS):
        if row["mutant"] in known:
            continue
        model = held_out_model(cases(traced), row["program"])
        with tempfile.TemporaryDirectory() as work:
            try:
                _collect(Path(work), row, model)
            except NetmendError as error:
                print(row["program"], row["what"], error, flush=True)


def _collect(work: Path, row: Row, model: Model) -> None:
    script = work / "program" / f"{row['program']}.py"
    script.parent.mkdir(parents=True)
    script.write_text(_mutants(row["program"])[row["mutant"]].program.main.text, encoding="utf-8")
    requirement = MetricRequirement(row["metric"], goal(row))
    subject = TrainingProgram(Program.read(script), sys.executable, requirement=requirement, limits=Limits(seconds=120))
    options = Options(work / "study", Budget("runs", 10**6), BASELINE_RUNS, executor="fork", lanes=1, seed=1)
    with open_study(subject, options, Watch(), None) as (repairer, plan, *_):
        repairer.model, repairer.scorer = lambda: model, lambda: None
        observation = repairer.observe(plan.draw(Purpose.BASELINE, BASELINE_RUNS))
        space = Space(subject.program, observation.elements)
        moves = repairer._moves(space, {}, observation.traces)
        _, suspicions = repairer._localise(observation.elements, observation.traces, None)
        suspicion = {each.element.id: each.score for each in suspicions}
        prior = _prior_of(subject.program)
        gains = [prior.gain(move.element, move.value) for move in moves]
        order = sorted(range(len(moves)), key=lambda at: -moves[at].score * 2 ** max(-3, min(gains[at] or 0.0, 3)))
        wanted = {*range(min(FIRST, len(moves))), *order[:FIRST_BY_GAIN]}

        def tried(move: Move) -> tuple[str, str, str]:
            try:
                patch = space.patch({move.element.id: move.value})
            except Unchangeable:
                return "0", "0", "unchangeable"
            evidence = repairer.try_out(patch, plan.draw(Purpose.SCREEN, 3))
            verdict = repairer.judge(observation.evidence, evidence)
            return str(len(evidence.runs)), str(int(verdict.accepted)), verdict.outcome.value

        for at, (move, gain) in enumerate(zip(moves, gains, strict=True)):
            runs, accepted, outcome = tried(move) if at in wanted else ("", "", "")
            append(TRIALS, _row(row, at, move, gain, suspicion[move.element.id], repairer) | {
                "runs": runs, "accepted": accepted, "outcome": outcome,
            })  # fmt: skip
        print(row["program"], row["what"], len(wanted), flush=True)


def _row(
    row: Row, at: int, move: Move, gain: float | None, suspicion: float, repairer: ProgramRepairer
) -> dict[str, str]:
    factor = Space(repairer.nothing().program, (move.element,)).training_factor({move.element.id: move.value})
    return {
        "program": row["program"],
        "mutant": row["mutant"],
        "what": row["what"],
        "scorer": DEFAULT,
        "place": str(at + 1),
        "kind": move.element.kind,
        "role": move.element.role,
        "before": str(move.element.value),
        "after": str(move.value),
        "element": move.element.id,
        "suspicion": f"{suspicion:.5f}",
        "score": f"{move.score:.5f}",
        "gain": "" if gain is None else f"{gain:.3f}",
        "cost": f"{repairer._cost(factor):.2f}",
    }


# Orders


def orders() -> None:
    """Print the trainings until a change is accepted, in the order without the model, and with it by its strength."""
    with TRIALS.open(encoding="utf-8") as lines:
        by_mutant: dict[str, list[Row]] = defaultdict(list)
        for row in csv.DictReader(lines):
            by_mutant[row["mutant"]].append(row)
    repairable = [rows for rows in by_mutant.values() if any(row["accepted"] == "1" for row in rows)]
    print(f"{len(repairable)} of {len(by_mutant)} mutants are repaired by one of the changes that were tried")
    plain = [_trainings(rows, lambda row, score: score) for rows in repairable]
    print(f"without the model: {_summary(plain)}")
    for suspicious in (False, True):
        for strength in (0.0, 0.25, 0.5, 0.75, 1.0):
            found = [_trainings(rows, _weighing(rows, strength, suspicious)) for rows in repairable]
            sooner = sum(new < old for new, old in zip(found, plain, strict=True))
            later = sum(new > old for new, old in zip(found, plain, strict=True))
            which = "suspects and values" if suspicious else "values alone"
            print(f"{which}, strength {strength}: {_summary(found)}; sooner {sooner}, later {later}")


def _summary(trainings: Sequence[int]) -> str:
    return f"{np.sum(trainings)} trainings, mean {np.mean(trainings):.2f}, median {np.median(trainings):g}"


def _weighing(rows: Sequence[Row], strength: float, suspicious: bool) -> Callable[[Row, float], float]:
    program = _mutants(rows[0]["program"])[rows[0]["mutant"]].program
    prior = _prior_of(program)
    elements = {each.id: each for each in prior.elements}

    def weighed(row: Row, score: float) -> float:
        element, old = elements.get(row["element"]), float(row["suspicion"])
        chance = prior.chance(element) if element is not None and suspicious else None
        if chance is not None:
            score *= (1 - (1 - _prior.SCORES * old) * (1 - _prior.CHANCES * chance)) / old
        return score if element is None else prior.weighed(min(score, 1.0), element, _value(row["after"]), strength)

    return weighed


def _value(text: str) -> Value:
    """A value as it was before it was written to the table."""
    for read_as in (int, float):
        with contextlib.suppress(ValueError):
            return read_as(text)
    return {"None": None, "True": True, "False": False}.get(text, text)


def _trainings(rows: Sequence[Row], weighed: Callable[[Row, float], float]) -> int:
    """Trainings until a change is accepted, in the order of score by cost, lowered where an element's others failed."""
    scores = {
        at: weighed(row, float(row["score"])) / math.sqrt(max(float(row["cost"]), 1)) for at, row in enumerate(rows)
    }
    failed: Counter[str] = Counter()
    spent = 0
    while scores:
        best = max(scores, key=lambda at: scores[at] * DISCOUNT ** failed[rows[at]["element"]])
        row = rows[best]
        del scores[best]
        spent += int(row["runs"] or UNTRIED)
        if row["accepted"] == "1":
            return spent
        failed[row["element"]] += 1
    return spent


# Two faults


def pairs() -> None:
    """Repair programs with two faults, with and without the model, until a trial meets the goal."""
    traced = read()
    known = {row["mutant"] for row in read(PAIRS)}
    for row, mutant, what in _twice_mutated(traced):
        if mutant.patch.id in known:
            continue
        model = held_out_model(cases(traced), row["program"])
        found = {"program": row["program"], "mutant": mutant.patch.id, "what": what, "scorer": DEFAULT}
        with tempfile.TemporaryDirectory() as work:
            try:
                for name, given in (("without", lambda: None), ("with", scorer)):
                    found |= _searched(Path(work), row, mutant.program, model, given, name)
            except _NotWorse:
                continue
            except NetmendError as error:
                print(row["program"], what, error, flush=True)
                continue
        append(PAIRS, found)
        print(*found.values(), sep="  ", flush=True)


class _NotWorse(Exception):
    """Two faults that do no harm together."""


def _twice_mutated(traced: Sequence[Row]) -> Iterator[tuple[Row, Mutant, str]]:
    """Mutants of mutants, programs in turn: the second fault is of another kind of element."""
    chance = random.Random(SEED)
    rows = drawn(traced, PAIRED)
    for row in rows:
        first = _mutants(row["program"])[row["mutant"]]
        others = [each for each in mutants(first.program) if each.truth[0].element]
        others = [each for each in others if each.truth[0].kind != first.truth[0].kind]
        if others:
            second = chance.choice(others)
            yield row, second, f"{row['what']}; {second.patch.describe()}"


def _searched(
    work: Path, row: Row, program: Program, model: Model, given: Callable[[], Scorer | None], name: str
) -> dict[str, str]:
    """Trials and trainings until one meets the goal, of `TRIALS_OF_PAIRS` at most, and of those that improved first."""
    script = work / "program" / f"{row['program']}.py"
    script.parent.mkdir(parents=True, exist_ok=True)
    script.write_text(program.main.text, encoding="utf-8")
    requirement = MetricRequirement(row["metric"], goal(row))
    subject = TrainingProgram(Program.read(script), sys.executable, requirement=requirement, limits=Limits(seconds=120))
    study = work / "study"
    resume = (study / "journal.jsonl").is_file()
    options = Options(study, Budget("runs", 10**6), BASELINE_RUNS, executor="fork", lanes=1, seed=1, resume=resume)
    with open_study(subject, options, Watch(), None) as (repairer, plan, *_):
        repairer.model, repairer.scorer = lambda: model, given
        observation = repairer.observe(plan.draw(Purpose.BASELINE, BASELINE_RUNS))
        if repairer.satisfied(observation.evidence):
            raise _NotWorse
        proposer = repairer.propose(observation, repairer.diagnose(observation))
        runs = improved = 0
        for number in range(1, TRIALS_OF_PAIRS + 1):
            proposal = proposer.ask()
            if proposal is None:
                break
            draw = plan.draw(Purpose.SCREEN, proposal.runs, effort=proposal.effort)
            evidence = repairer.try_out(proposal.patch, draw)
            runs += len(evidence.runs)
            verdict = repairer.judge(observation.evidence, evidence)
            improved = improved or runs * (verdict.outcome in (Outcome.IMPROVED, Outcome.PLAUSIBLE))
            if verdict.accepted:
                return {f"accepted_{name}": str(runs), f"improved_{name}": str(improved), f"trials_{name}": str(number)}
            proposer.tell(Trial(number, proposal.patch, draw, evidence, verdict))
        return {f"accepted_{name}": f">{runs}", f"improved_{name}": str(improved or f">{runs}"), f"trials_{name}": ""}


if __name__ == "__main__":
    {"suspects": suspects, "collect": collect, "orders": orders, "pairs": pairs}[sys.argv[1]]()

"""In which order should `auto` try changes? Variants of its queue on mutants for tuning, with one fault and with two.

    python -m bench.mutants.order run FOLDER    repair each mutant by each variant that has no row yet; resumable
    python -m bench.mutants.order tables        each variant beside the order of `auto`

Trainings are kept in FOLDER by patch and seed: all variants see the same trainings of the same patches, and one more
variant costs only what no other has tried. A search ends with the first trial whose runs are as good as the worst run
of the correct program (`bench.localiser.search`), or when 20 trainings of the program as it is are spent, where one of
twice the length counts as two. The forest that ranks suspects has not seen the program.
"""

from __future__ import annotations

import random
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from itertools import zip_longest
from pathlib import Path

import numpy as np
from scipy.stats import binomtest

import netmend
from bench.localiser.collect import PROGRAMS, append, read
from bench.localiser.evaluate import cases
from bench.localiser.search import BASELINE_RUNS, Row, goal, held_out_model
from bench.machine import machine, today, versions
from netmend.core.budget import Budget
from netmend.core.errors import NetmendError
from netmend.core.loop import Plan
from netmend.core.records import Outcome, Purpose, Trial
from netmend.mutation.generate import mutants
from netmend.mutation.mutant import Mutant
from netmend.program.source import Program
from netmend.repairs.program.evidence import Observation
from netmend.repairs.program.infill._prior import STRENGTH, Prior
from netmend.repairs.program.infill._scorer import scorer
from netmend.repairs.program.learned.experience import Model
from netmend.repairs.program.proposers._base import ProposerKind, Start
from netmend.repairs.program.proposers.auto import _Auto, _Entry
from netmend.repairs.program.repairer import ProgramRepairer
from netmend.repairs.program.space import Assignment, Move, Space, ranked, training_factor
from netmend.repairs.program.study import Options, Watch, open_study
from netmend.training.runs import Limits
from netmend.training.subject import MetricRequirement, TrainingProgram
from netmend.training.trace import Trace

RESULTS = Path(__file__).parent / "results" / "order.csv"

SMALL = (
    "breast_cancer_torch", "circles_torch", "friedman_torch", "iris_torch", "moons_normalised_torch", "wine_torch",
    "breast_cancer_keras", "sine_keras", "wine_normalised_keras",
)  # fmt: skip
"""The programs for tuning that train in well under a second."""

DRAWS, PER_PROGRAM = (1, 2), 3
"""Seeds of two draws, each of so many mutants of a program with one fault, and so many with two."""

BUDGET = 20.0
"""In trainings of the program as it is: the default of `netmend repair`."""

SCALING = (
    ("scaler = StandardScaler().fit(x_train)", ""),
    ("scaler.transform(x_train)", "x_train"),
    ("scaler.transform(x_test)", "x_test"),
)
"""What a program is without its scaling of the inputs, which no operator of mutation takes away."""


# Faulty programs


@dataclass(frozen=True, slots=True)
class Faulty:
    """A faulty program. `row`: metric and results of the correct one. `draw`: which of the two it comes from."""

    name: str
    draw: int
    what: tuple[str, ...]
    row: Row
    text: str


def faulty_programs() -> list[Faulty]:
    """Both draws; programs in turn, those that need no Keras first."""
    known: dict[str, Faulty] = {}
    for turn in (turn for draw in DRAWS for turn in zip_longest(*(drawn(program, draw) for program in SMALL))):
        for each in filter(None, turn):
            known.setdefault(each.name, each)
    return sorted(known.values(), key=lambda each: ("keras" in each.name, each.draw))


def drawn(program: str, draw: int) -> list[Faulty]:
    """Mutants of a program that are clearly worse than it, with one fault and with two."""
    killed = [row for row in read() if row["rank"] and row["program"] == program]
    correct = next(path for folder in PROGRAMS for path in folder.glob("*.py") if path.stem == program)
    return [*_unscaled(correct, killed, draw), *_mutated(correct, killed, draw)]


def _mutated(correct: Path, killed: Sequence[Row], draw: int) -> Iterator[Faulty]:
    chance = random.Random(draw)
    known = {each.patch.id: each for each in mutants(Program.read(correct))}
    for row in chance.sample(killed, PER_PROGRAM):
        text = known[row["mutant"]].program.main.text
        yield Faulty(f"{correct.stem} {row['mutant'][:6]}", draw, (row["what"],), row, text)
    yield from _twice_mutated(killed, known, draw, chance)


def _twice_mutated(
    killed: Sequence[Row], known: Mapping[str, Mutant], draw: int, chance: random.Random
) -> Iterator[Faulty]:
    """Two faults of different kinds of elements, each of which is clearly worse alone."""
    couples = [(one, other) for one in killed for other in killed if one["mutant"] < other["mutant"]]
    chance.shuffle(couples)
    found = 0
    for one, other in couples:
        first = known[one["mutant"]]
        if found == PER_PROGRAM or first.truth[0].kind == known[other["mutant"]].truth[0].kind:
            continue
        both = next((each for each in mutants(first.program) if each.patch.describe() == other["what"]), None)
        if both is not None:
            found += 1
            name = f"{one['program']} {one['mutant'][:6]}+{other['mutant'][:6]}"
            yield Faulty(name, draw, (one["what"], other["what"]), one, both.program.main.text)


def _unscaled(correct: Path, killed: Sequence[Row], draw: int) -> Iterator[Faulty]:
    """The program without the lines that scale its inputs, alone and with one fault more."""
    before = text = correct.read_text(encoding="utf-8")
    for old, new in SCALING:
        text = text.replace(old, new)
    if text == before or "normalised" in correct.stem:
        return
    what = "inputs are not scaled"
    yield Faulty(f"{correct.stem} unscaled", draw, (what,), killed[0], text)
    known = {each.patch.describe(): each for each in mutants(Program.from_text(text))}
    for row in random.Random(draw).sample(killed, len(killed)):
        if row["what"] in known:
            second = known[row["what"]].program.main.text
            yield Faulty(f"{correct.stem} unscaled+{row['mutant'][:6]}", draw, (what, row["what"]), row, second)
            return


def measured_with() -> Row:
    """Where and with what the searches run."""
    used = f"netmend {netmend.__version__}, {versions('keras', 'torch', 'numpy')}"
    return {"machine": machine(), "versions": used, "date": today()}


# Variants


class MembersFirst(_Auto):
    """A pair promises no more than those of its two changes that wait to be tried alone."""

    def _disappointing(self, entry: _Entry) -> bool:
        alone = [
            each.score
            for _, _, each in self._queue
            if each.base == entry.base and len(each.changed) == 1 < len(entry.changed)
            if each.assignment.items() <= entry.assignment.items()
        ]
        if alone and min(alone) < entry.score:
            entry.score = min(alone)
            self._queue_up(entry)
            return True
        return super()._disappointing(entry)


class PairsDiscounted(_Auto):
    """Each change of one of its elements that did not help halves the score of a pair as it does that of a single."""

    def _failures(self, entry: _Entry) -> int:
        return sum(self._failed[key] for key in entry.changed)


class FailedPairsDiscounted(PairsDiscounted):
    """A pair is halved once, when changes of both of its elements did not help: single changes go before it."""

    def _failures(self, entry: _Entry) -> int:
        if len(entry.changed) == 1:
            return super()._failures(entry)
        return int(all(self._failed[key] for key in entry.changed))


Weighing = Callable[[Prior | None, Sequence[Move]], list[Move]]


def _with_strength(strength: float) -> Weighing:
    def weighed(prior: Prior | None, moves: Sequence[Move]) -> list[Move]:
        if prior is None:
            return list(moves)
        return [replace(each, score=prior.weighed(each.score, each.element, each.value, strength)) for each in moves]

    return weighed


AS_IT_IS = _with_strength(STRENGTH)


def _lowering(prior: Prior | None, moves: Sequence[Move]) -> list[Move]:
    weighed = AS_IT_IS(prior, moves)
    return [min(one, other, key=lambda move: move.score) for one, other in zip(moves, weighed, strict=True)]


def _within_elements(prior: Prior | None, moves: Sequence[Move]) -> list[Move]:
    """The model orders the values of an element, and evidence alone the elements."""
    found: list[Move] = []
    for identity in dict.fromkeys(move.element.id for move in moves):
        own = [move for move in moves if move.element.id == identity]
        weighed = AS_IT_IS(prior, own)
        scale = max(move.score for move in own) / max(move.score for move in weighed)
        found += [replace(move, score=scale * move.score) for move in weighed]
    return found


VARIANTS: Mapping[str, tuple[type[_Auto], Weighing]] = {
    "now": (_Auto, AS_IT_IS),
    "members first": (MembersFirst, AS_IT_IS),
    "pairs discounted": (PairsDiscounted, AS_IT_IS),
    "failed pairs discounted": (FailedPairsDiscounted, AS_IT_IS),
    "no prior": (_Auto, _with_strength(0)),
    "prior halved": (_Auto, _with_strength(STRENGTH / 2)),
    "prior only lowers": (_Auto, _lowering),
    "prior within elements": (_Auto, _within_elements),
}


# Searches


def run(work: Path) -> None:
    """Search what has no row yet. `work`: folder for journals and runs."""
    known = {(row["program"], row["variant"]) for row in read(RESULTS)}
    for faulty in faulty_programs():
        missing = [name for name in VARIANTS if (faulty.name, name) not in known]
        if missing and (faulty.name, "not worse") not in known:
            try:
                _run(work / faulty.name.replace(" ", "-"), faulty, missing)
            except NetmendError as error:
                print(faulty.name, type(error).__name__, error, flush=True)


@cache
def _model(program: str) -> Model:
    return held_out_model(cases(read()), program)


def _run(work: Path, faulty: Faulty, names: Sequence[str]) -> None:
    script = work / "program" / f"{faulty.row['program']}.py"
    script.parent.mkdir(parents=True, exist_ok=True)
    script.write_text(faulty.text, encoding="utf-8")
    requirement = MetricRequirement(faulty.row["metric"], goal(faulty.row))
    subject = TrainingProgram(Program.read(script), sys.executable, requirement=requirement, limits=Limits(seconds=60))
    study = work / "study"
    resume = (study / "journal.jsonl").is_file()
    options = Options(study, Budget("runs", 10**6), BASELINE_RUNS, executor="fork", lanes=1, seed=1, resume=resume)
    about = {"draw": str(faulty.draw), "program": faulty.name, "faults": str(len(faulty.what))}
    about |= {"what": "; ".join(faulty.what), **measured_with()}
    with open_study(subject, options, Watch(), None) as (repairer, plan, *_):
        repairer.model = lambda: _model(faulty.row["program"])
        observation = repairer.observe(plan.draw(Purpose.BASELINE, BASELINE_RUNS))
        if repairer.satisfied(observation.evidence):
            append(RESULTS, about | {"variant": "not worse"} | Found().row())
            return
        searches = _Searches(repairer, plan, observation)
        for name in names:
            found = searches.searched(*VARIANTS[name])
            append(RESULTS, about | {"variant": name} | found.row())
            print(faulty.name, name, *found.row().values(), sep="  ", flush=True)


@dataclass(slots=True)
class Found:
    """How a search went. `spent`: in trainings of the program as it is. `size`: changes of the patch, 0 without one."""

    trainings: int = 0
    spent: float = 0.0
    trials: int = 0
    size: int = 0
    patch: str = ""

    def row(self) -> Row:
        """For the table."""
        return {
            "repaired": str(int(self.size > 0)),
            "trainings": str(self.trainings),
            "spent": f"{self.spent:.2f}",
            "trials": str(self.trials),
            "size": str(self.size or ""),
            "patch": self.patch,
        }


@dataclass
class _Searches:
    """Searches of one program; what changes are worth before the model joins in is found out once."""

    repairer: ProgramRepairer
    plan: Plan
    observation: Observation
    _known: dict[tuple[object, ...], tuple[list[Move], Prior | None, Sequence[Trace]]] = field(default_factory=dict)

    def _moves(self, weighing: Weighing, assignment: Assignment, traces: Sequence[Trace]) -> list[Move]:
        key = (frozenset(assignment.items()), *map(id, traces))
        if key not in self._known:
            space = Space(self.repairer.nothing().program, self.observation.elements)
            self.repairer.scorer = lambda: None
            moves = self.repairer._moves(space, assignment, traces)
            self.repairer.scorer = scorer
            prior = self.repairer._prior(space.program, space.under(assignment), assignment)
            self._known[key] = (moves, prior, traces)  # traces too, so that no other gets their identity
        moves, prior, _ = self._known[key]
        return ranked(weighing(prior, moves))

    def searched(self, queue: type[_Auto], weighing: Weighing) -> Found:
        """Until a trial meets the goal or the budget is spent."""
        found = Found()

        def started(start: Start) -> _Auto:
            def moves(assignment: Assignment, traces: Sequence[Trace]) -> list[Move]:
                return self._moves(weighing, assignment, traces)

            return queue(replace(start, moves=moves, runs_left=lambda: BUDGET - found.spent))

        self.repairer._proposer = ProposerKind(started)
        proposer = self.repairer.propose(self.observation, self.repairer.diagnose(self.observation))
        while found.spent < BUDGET and (proposal := proposer.ask()) is not None:
            found.trials += 1
            draw = self.plan.draw(Purpose.SCREEN, proposal.runs, effort=proposal.effort)
            evidence = self.repairer.try_out(proposal.patch, draw)
            verdict = self.repairer.judge(self.observation.evidence, evidence)
            factor = training_factor((each.kind, each.before, each.after) for each in proposal.patch.changes)
            found.trainings += len(evidence.runs)
            found.spent += len(evidence.runs) * self.repairer._cost(factor) * proposal.effort
            if verdict.outcome is Outcome.PLAUSIBLE:
                found.size, found.patch = proposal.patch.size, proposal.patch.describe()
                break
            proposer.tell(Trial(found.trials, proposal.patch, draw, evidence, verdict))
        return found


# Tables


def tables() -> None:
    """Print each variant beside the order of `auto`; what is not repaired within the budget counts as all of it."""
    rows = read(RESULTS)
    print("variant: programs; repaired; median trainings; mean changes; spent, less than now (95 %); sooner, later, p")
    for title, chosen in (
        ("one fault", [row for row in rows if row["faults"] == "1"]),
        ("two faults", [row for row in rows if row["faults"] == "2"]),
        ("first draw", [row for row in rows if row["draw"] == "1"]),
        ("second draw", [row for row in rows if row["draw"] == "2"]),
        ("all", rows),
    ):
        print(title)
        of = {(row["program"], row["variant"]): row for row in chosen}
        for variant in VARIANTS:
            pairs = [(of[name, "now"], row) for (name, each), row in of.items() if each == variant]
            if pairs:
                print(f"  {variant:28} {_compared(pairs)}")


def _spent(row: Row) -> float:
    return min(float(row["spent"]), BUDGET) if row["repaired"] == "1" else BUDGET


def _compared(pairs: Sequence[tuple[Row, Row]]) -> str:
    repaired = [row for _, row in pairs if row["repaired"] == "1" and float(row["spent"]) <= BUDGET]
    trainings = [int(row["trainings"]) if _spent(row) < BUDGET else 10**6 for _, row in pairs]
    less = np.array([_spent(old) - _spent(new) for old, new in pairs])
    resampled = np.random.default_rng(1).choice(less, (10_000, len(less))).mean(axis=1)
    low, high = np.percentile(resampled, [2.5, 97.5])
    sooner, later = int((less > 0).sum()), int((less < 0).sum())
    p = binomtest(sooner, sooner + later).pvalue if sooner + later else 1.0
    changes = np.mean([int(row["size"]) for row in repaired])
    spent = np.mean([_spent(row) for _, row in pairs])
    return (
        f"{len(pairs):3}; {len(repaired):3}; {np.median(trainings):4g}; {changes:.2f}; "
        f"{spent:5.2f}, {less.mean():+.2f} ({low:+.2f} to {high:+.2f}); {sooner:2}, {later:2}, {p:.2g}"
    )


if __name__ == "__main__":
    run(Path(sys.argv[2])) if sys.argv[1] == "run" else tables()

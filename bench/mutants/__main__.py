"""How well mutants are repaired: programs that were correct, and one deviation put into each.

    python -m bench.mutants references --share tuning      which mutants are clearly worse; resumable
    python -m bench.mutants run --share tuning             each of those repaired; resumable
    python -m bench.mutants tables --share reporting

Each mutant is a fault with a known fix; a row is one repair of it by one technique, judged as in the architecture
benchmark. `--part 1/2` and `--part 2/2` share the work between two processes.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import netmend
from bench.architecture import cell, results
from bench.architecture.cell import TECHNIQUES
from bench.architecture.statistics import Changed
from bench.architecture.tables import Reference, Truth, overall, summaries
from bench.machine import machine, today, versions
from bench.mutants.draw import SHARES, decision, drawn, programs
from netmend.core.errors import NetmendError
from netmend.core.stats import Score
from netmend.mutation.killing import Status
from netmend.mutation.mutant import Mutant
from netmend.program.elements._find import find_all
from netmend.program.source import Program
from netmend.repairs.program.evidence import Evidence
from netmend.repairs.program.study import Options, diagnose_program
from netmend.training.subject import TrainingProgram

FOLDER = Path(__file__).parent / "results"
RUNS = 10
"""Of the original and of each mutant, as in DeepCrime."""

SEEDS = {"original": 201, "mutant": 202}
"""Roots of seeds that no repair uses."""


@dataclass(frozen=True, slots=True)
class Named:
    """A mutant and what it is called in the tables."""

    name: str
    path: Path
    mutant: Mutant

    def write(self, folder: Path) -> TrainingProgram:
        """The faulty program in a folder of its own."""
        folder.mkdir(parents=True, exist_ok=True)
        script = folder / self.path.name
        script.write_text(self.mutant.program.main.text, encoding="utf-8")
        return TrainingProgram(Program.read(script), sys.executable)


def main(words: Sequence[str]) -> None:
    """See the module's docstring."""
    parser = argparse.ArgumentParser(prog="python -m bench.mutants")
    parser.add_argument("what", nargs="?", default="tables", choices=("references", "run", "tables"))
    parser.add_argument("--share", default="reporting", choices=tuple(SHARES))
    parser.add_argument("--techniques", nargs="+", default=["auto"], choices=tuple(TECHNIQUES))
    parser.add_argument("--budget", type=int, default=20)
    parser.add_argument("--repeats", type=int, default=1)
    parser.add_argument("--part", default="1/1")
    parser.add_argument("--label", default="", help="keeps results of a variant of netmend apart")
    given = parser.parse_args(words)
    number, parts = map(int, given.part.split("/"))
    mine = programs(given.share)[number - 1 :: parts]
    if given.what == "references":
        for path in mine:
            _refer(given.share, path)
    if given.what == "run":
        _run(given, mine)
    _tables(given)


def _named(path: Path) -> Iterator[Named]:
    for mutant in drawn(Program.read(path)):
        yield Named(f"{path.stem} {mutant.acronym} {mutant.patch.id[:6]}", path, mutant)


def _refer(share: str, path: Path) -> None:
    """Train the original and its mutants, unless their rows are there."""
    table = FOLDER / f"{share}-references.csv"
    known = {row["fault"]: row for row in results.read(table)}
    with tempfile.TemporaryDirectory() as work:
        if path.stem not in known:
            original = _watch(TrainingProgram(Program.read(path), sys.executable), Path(work) / "o", SEEDS["original"])
            results.append(table, _reference(path.stem, original))
            known = {row["fault"]: row for row in results.read(table)}
        fixed = results.scores(known[path.stem]["scores"])
        for named in _named(path):
            if named.name in known:
                continue
            place = Path(work) / named.mutant.patch.id
            try:
                faulty = _watch(named.write(place / "program"), place / "study", SEEDS["mutant"])
            except NetmendError as error:
                row = {
                    **dict.fromkeys(known[path.stem], ""),
                    "fault": named.name,
                    "status": Status.DOES_NOT_TRAIN.value,
                }
                results.append(table, row | {"change": named.mutant.patch.describe(), "why": error.what})
                continue
            found = decision(fixed, faulty.scores("report"), faulty.metric)
            same = faulty.metric.name == known[path.stem]["metric"]
            status = found.status if same else Status.NOT_COMPARABLE
            what = {"change": named.mutant.patch.describe(), "status": status.value, "why": found.sentence}
            results.append(table, _reference(named.name, faulty) | what)
            print(f"{named.name}: {status.value}, {found.sentence}", flush=True)


def _watch(subject: TrainingProgram, folder: Path, seed: int) -> Evidence:
    return diagnose_program(subject, Options(folder, runs=RUNS, seed=seed, lanes=1)).observation.evidence


def _reference(name: str, evidence: Evidence) -> results.Row:
    trivial = evidence.trivial("report")
    return {
        "fault": name,
        "change": "",
        "status": "",
        "why": "",
        "metric": evidence.metric.name,
        "higher_is_better": str(evidence.metric.higher_is_better),
        "scores": results.written(evidence.scores("report")),
        "trivial": "" if trivial is None else f"{trivial:.6g}",
        "machine": machine(),
        "versions": f"netmend {netmend.__version__}, " + versions("keras", "torch", "numpy"),
        "date": today(),
    }


def _table(given: argparse.Namespace) -> Path:
    return FOLDER / f"{given.share}{'-' if given.label else ''}{given.label}.csv"


def _run(given: argparse.Namespace, paths: Sequence[Path]) -> None:
    killed = {
        row["fault"]
        for row in results.read(FOLDER / f"{given.share}-references.csv")
        if row["status"] == Status.KILLED.value
    }
    known = {(row["fault"], row["technique"], row["budget"], row["repeat"]) for row in results.read(_table(given))}
    for repeat in range(given.repeats):
        for named in (each for path in paths for each in _named(path) if each.name in killed):
            for name in given.techniques:
                if (named.name, name, str(given.budget), str(repeat)) in known:
                    continue
                place = Path(tempfile.gettempdir()) / "netmend-mutants" / (given.label or "now") / named.mutant.patch.id
                subject = named.write(place / "program")
                folder = place / f"repeat-{repeat}"
                try:
                    done = cell.run(subject, TECHNIQUES[name], given.budget, repeat + 1, folder, lanes=1)
                except NetmendError as error:
                    print(f"{named.name}: {type(error).__name__}: {error}", flush=True)
                    continue
                results.append(_table(given), _row(named, name, given.budget, repeat, done))
                print(f"{named.name}: {results.written(done.patched)}  {done.changes()}", flush=True)


def _row(named: Named, technique: str, budget: int, repeat: int, done: cell.Finished) -> results.Row:
    return {
        "fault": named.name,
        "change": named.mutant.patch.describe(),
        "technique": technique,
        "budget": str(budget),
        "repeat": str(repeat),
        "metric": done.metric,
        "faulty": results.written(done.faulty),
        "patched": results.written(done.patched),
        "claim": done.claim,
        "patch": done.changes(),
        "trials": str(done.trials),
        "trainings": str(done.trainings),
        "all_trainings": str(done.all_trainings),
        "seconds": f"{done.seconds:.2f}",
        "suggesting": f"{done.suggesting:.2f}",
        "ended": done.ended,
        "machine": machine(),
        "versions": f"netmend {netmend.__version__}, " + versions("keras", "torch", "numpy"),
        "date": today(),
    }


def _tables(given: argparse.Namespace) -> None:
    """Print what the results say; an improvement rate is relative to the correct program."""
    known = {row["fault"]: row for row in results.read(FOLDER / f"{given.share}-references.csv")}
    repaired = {row["fault"] for row in results.read(_table(given))}
    references, truths = {}, {}
    for path in programs(given.share):
        for named in _named(path):
            if named.name in repaired:
                references[named.name] = _both(known[named.name], known[path.stem])
                truths[named.name] = Truth(_changes(named.mutant), sensible=True)
    found = summaries(results.read(_table(given)), references, truths)
    for one in found:
        print(f"{one.fault:44} IR {one.rate:6.2f}  {one.size:.0f} changes  AJ {one.operators:.2f}")
    if found:
        print(overall(found, truths))


def _both(faulty: results.Row, fixed: results.Row) -> Reference:
    return Reference(
        faulty=_scores(faulty),
        fixed=_scores(fixed),
        trivial=float(faulty["trivial"] or "nan"),
        higher_is_better=faulty["higher_is_better"] == "True",
        metric=faulty["metric"],
    )


def _scores(row: results.Row) -> tuple[Score, ...]:
    return results.scores(row["scores"])


def _changes(mutant: Mutant) -> tuple[Changed, ...]:
    elements = {element.id: element for element in find_all(mutant.program)}
    return tuple(
        Changed(truth.kind, elements[truth.element].layer if truth.element in elements else None, truth.right)
        for truth in mutant.truth
    )


if __name__ == "__main__":
    main(sys.argv[1:])

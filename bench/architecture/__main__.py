"""The architecture benchmark: published faults, every technique, the same engine and the same budget.

    netmend bench architecture                        the tables, from the committed results
    python -m bench.architecture run --tier smoke     cells that have no result yet, then the tables
    python -m bench.architecture run --tier core --techniques auto random --budgets 20 --repeats 3 --part 1/2
    python -m bench.architecture references --tier core

Every cell is one repair of one fault. Cells that are in the results already are left alone, so a run that was ended can
be begun again; repeats come one after the other, so an unfinished table has fewer repeats, not fewer faults. Two
processes with `--part 1/2` and `--part 2/2` share the work.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import netmend
from bench.architecture import cell, references, results
from bench.architecture.cell import TECHNIQUES
from bench.architecture.faults.catalogue import FAULTS, materialise
from bench.architecture.publish import publish
from bench.machine import machine, today, versions
from netmend.core.errors import NetmendError
from netmend.program.source import Program
from netmend.training.subject import TrainingProgram

BUDGETS = (10, 20)
REPEATS = {"smoke": 5, "core": 3, "full": 3}


@dataclass(frozen=True, slots=True)
class Place:
    """Which cell: all that its result depends on, beside the code."""

    fault: str
    technique: str
    budget: int
    repeat: int


def main(words: Sequence[str]) -> None:
    """See the module's docstring."""
    parser = argparse.ArgumentParser(prog="python -m bench.architecture")
    parser.add_argument("what", nargs="?", default="tables", choices=("run", "references", "tables"))
    parser.add_argument("--tier", default="core", choices=tuple(REPEATS))
    parser.add_argument("--framework", default="keras", choices=("keras", "torch"))
    parser.add_argument("--faults", nargs="+", default=[])
    parser.add_argument("--techniques", nargs="+", default=list(TECHNIQUES))
    parser.add_argument("--budgets", nargs="+", type=int, default=list(BUDGETS))
    parser.add_argument("--repeats", type=int)
    parser.add_argument("--part", default="1/1")
    given = parser.parse_args(words)
    given.faults = given.faults or [name for name in FAULTS if _has(name, given)]
    if given.what == "references":
        for fault in _mine(given.faults, given.part):
            references.measure(fault, given.tier, given.framework)
    if given.what == "run":
        for place in _missing(given):
            _run(place, given)
    publish(given.tier, given.framework)


def _has(fault: str, given: argparse.Namespace) -> bool:
    return (given.framework, given.tier) in FAULTS[fault].variants and FAULTS[fault].kind != "excluded"


def _mine(faults: Sequence[str], part: str) -> list[str]:
    """The faults of this process: every n-th, so that no two processes share a study's folder."""
    number, parts = map(int, part.split("/"))
    return [fault for at, fault in enumerate(faults) if at % parts == number - 1]


def _missing(given: argparse.Namespace) -> Iterator[Place]:
    """Cells without a result: all faults and techniques of a repeat before those of the next one."""
    path = results.path(given.tier, given.framework)
    known = {(row["fault"], row["technique"], row["budget"], row["repeat"]) for row in results.read(path)}
    for repeat in range(given.repeats or REPEATS[given.tier]):
        for fault in _mine(given.faults, given.part):
            for technique in given.techniques:
                for budget in given.budgets:
                    if (fault, technique, str(budget), str(repeat)) not in known:
                        yield Place(fault, technique, budget, repeat)


def _run(place: Place, given: argparse.Namespace) -> None:
    work = Path(tempfile.gettempdir()) / "netmend-bench" / given.tier / given.framework / place.fault
    script = materialise(place.fault, given.tier, given.framework, "faulty", work / "program")
    subject = TrainingProgram(Program.read(script), sys.executable)
    technique = TECHNIQUES[place.technique]
    folder = work / f"repeat-{place.repeat}"
    print(f"{place.fault}  {place.technique}, budget {place.budget}, repeat {place.repeat}", flush=True)
    try:
        done = cell.run(subject, technique, place.budget, place.repeat + 1, folder, lanes=1)
    except NetmendError as error:
        print(f"    {type(error).__name__}: {error}", flush=True)
        return
    results.append(results.path(given.tier, given.framework), _row(place, given, done))
    print(f"    {done.metric} {results.written(done.faulty)} -> {results.written(done.patched)}  {done.changes()}")


def _row(place: Place, given: argparse.Namespace, done: cell.Finished) -> results.Row:
    return {
        "fault": place.fault,
        "tier": given.tier,
        "framework": given.framework,
        "technique": place.technique,
        "budget": str(place.budget),
        "repeat": str(place.repeat),
        "seed": str(place.repeat + 1),
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
        "unit_seconds": f"{done.unit_seconds:.3f}",
        "wall_seconds": f"{done.wall_seconds:.0f}",
        "ended": done.ended,
        "machine": machine(),
        "versions": f"netmend {netmend.__version__}, " + versions("keras", "torch", "numpy", "optuna", "gpytorch"),
        "date": today(),
    }


if __name__ == "__main__":
    main(sys.argv[1:])

"""The benchmark of weight repair: every layer, norm, method and heuristic on the same repair sets.

    netmend bench weights                                  the tables, from the committed results
    python -m bench.weights run                            cells that have no result yet, then the tables
    python -m bench.weights run --only subject=3x100 fault=fog size=10,50 method=aprnn,linearise-solve-verify
    python -m bench.weights run --part 1/2
    python -m bench.weights run --folder again --only subject=3x100 fault=fog size=100 seed=0

A cell is one repair of one layer, one heuristic that ranks the layers, or one look at the repair set; its key is all
that its result depends on, beside the code. Cells that are in the results already are left alone, so a run that was
ended can be begun again.
Everything of a setting (subject, fault, size, seed) is run by one process, one after the other, so that times compare;
processes with `--part 1/2` and `--part 2/2` share the settings.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path

import netmend
from bench.architecture.results import Row, append, read
from bench.machine import machine, today, versions
from bench.weights import cell
from bench.weights.catalogue import SUBJECTS
from bench.weights.plan import Only, Setting, settings
from bench.weights.publish import FOLDER, publish
from bench.weights.subjects._base import Case, Subject, TooFew
from netmend.core.errors import NetmendError
from netmend.repairs.weights.layer_choice._base import heuristics
from netmend.repairs.weights.specification import Labels

REGIONS = ("linearise-solve-verify", "shift-and-assert")
"""Methods for regions; the default stands for the one that takes its place there."""

METHODS = (
    "linearise-solve-verify",
    "linearise-solve-verify keeping",
    "aprnn",
    "prdnn",
    "last-layer",
    "fine-tune",
    "arachne",
)
NORMS = ("l2", "covariance")
SEEDS = 5
ANALYSES = "analyses"
"""What stands in place of a heuristic where the repair set is looked at."""

SECONDS = 600.0
"""Of the clock, for one repair."""


def main(words: Sequence[str]) -> None:
    """See the module's docstring."""
    parser = argparse.ArgumentParser(prog="python -m bench.weights")
    parser.add_argument("what", nargs="?", default="tables", choices=("run", "tables"))
    parser.add_argument("--only", nargs="+", default=[], metavar="FIELD=VALUE,...")
    parser.add_argument("--part", default="1/1")
    parser.add_argument("--seeds", type=int, default=SEEDS)
    parser.add_argument("--seconds", type=float, default=SECONDS, help="limit of one repair")
    parser.add_argument("--folder", type=Path, default=FOLDER, help="of the results; an empty one measures anew")
    given = parser.parse_args(words)
    try:
        if given.what == "run":
            run(SUBJECTS, Only(given.only), given.part, given.seeds, given.seconds, given.folder)
    except NetmendError as error:
        sys.exit(str(error))
    for family in dict.fromkeys(subject.family for subject in SUBJECTS.values()):
        publish(family, given.folder)


def run(
    subjects: Mapping[str, Subject], only: Only, part: str, seeds: int, seconds: float, folder: Path = FOLDER
) -> None:
    """Run the cells that are asked for and have no result yet."""
    here = {name: subject for name, subject in subjects.items() if not subject.missing}
    for name in subjects.keys() - here.keys():
        print(f"{name}: left out, {', '.join(subjects[name].missing)} is not here")
    warm: set[str] = set()
    for setting in settings(here, only, part, seeds):
        try:
            case = setting.subject.make(setting.fault, setting.size, setting.seed)
        except TooFew as error:
            print(f"{_line(setting.key)}: left out, {error}")
            continue
        cells = (*_repairs(setting, case, only, seconds), *_choices(setting, case, only), *_looks(setting, case, only))
        for what, key, made in cells:
            path = folder / f"{setting.subject.family}-{what}.csv"
            if not any(all(row[field] == value for field, value in key.items()) for row in read(path)):
                if setting.subject.name not in warm:
                    # Imports and the runtime's own set-up are no part of a first cell.
                    cell.repair(case, NORMS[0], METHODS[0], "-1", seconds)
                    warm.add(setting.subject.name)
                measured = made()
                append(path, {**key, **measured, **_where()})
                said = next(measured[name] for name in ("answer", "order", "why_not", "numbers") if measured.get(name))
                print(f"{_line(key)}: {said}", flush=True)


Cell = tuple[str, dict[str, str], Callable[[], Row]]
"""The kind of a result, its key, and how to get it."""


def _repairs(setting: Setting, case: Case, only: Only, seconds: float) -> Iterator[Cell]:
    many = len(cell.workshop(case, NORMS[0], METHODS[0], seconds).layers)
    methods = REGIONS if case.subject.specification.polytopes else METHODS
    for method in methods:
        if method.endswith(cell.KEEPING) and not isinstance(case.subject.specification.requirement, Labels):
            continue
        for norm in cell.norms_of(method, NORMS):
            for layer in cell.layers_of(method, many):
                key = {**setting.key, "layer": layer, "norm": norm, "method": method}
                if only.takes(key):
                    yield "repairs", key, partial(cell.repair, case, norm, method, layer, seconds)


def _choices(setting: Setting, case: Case, only: Only) -> Iterator[Cell]:
    for heuristic in heuristics():
        for norm in NORMS:
            key = {**setting.key, "norm": norm, "heuristic": heuristic}
            # What brute force would choose, and its cost, follow from the sweep.
            if heuristic != "brute-force" and only.takes(key):
                yield "choices", key, partial(cell.choose, case, norm, heuristic, setting.seed)


def _looks(setting: Setting, case: Case, only: Only) -> Iterator[Cell]:
    key = {**setting.key, "heuristic": ANALYSES}
    # Numbers of a region's vertices say little of the region.
    if only.takes(key) and not case.subject.specification.polytopes:
        yield "analyses", setting.key, partial(cell.analyse, case)


def _where() -> Row:
    packages = versions("numpy", "scipy", "torch", "onnxruntime")
    return {"machine": machine(), "versions": f"netmend {netmend.__version__}, {packages}", "date": today()}


def _line(key: Mapping[str, str]) -> str:
    return ", ".join(f"{field} {value}" for field, value in key.items())


if __name__ == "__main__":
    main(sys.argv[1:])

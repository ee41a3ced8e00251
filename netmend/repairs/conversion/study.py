"""A conversion repair from files to a report: what the command line and the Python interface call."""

from __future__ import annotations

import hashlib
import shlex
import shutil
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from netmend.core import loop
from netmend.core.budget import Budget, Meter
from netmend.core.errors import EnvironmentFault, UsageError
from netmend.core.records import Cost, Diagnosis, Repair
from netmend.core.repairer import Proposal
from netmend.network.backends._base import digest_of
from netmend.network.executions import Executions, counted
from netmend.network.load import is_saved_model
from netmend.repairs.conversion.evidence import Evidence
from netmend.repairs.conversion.exhibits import exhibits
from netmend.repairs.conversion.explain import Explained, Limits
from netmend.repairs.conversion.given import Options, read_pair, words
from netmend.repairs.conversion.patches import ConversionPatch, ending
from netmend.repairs.conversion.repairer import ConversionRepairer, Observation
from netmend.repairs.conversion.subject import ConvertedPair

Watch = loop.Watcher[ConversionPatch, Evidence]
Told = Callable[[str], None]

NO_LIMIT = 1e9
"""Seconds that stand for no time limit: thirty years."""


@dataclass(frozen=True, slots=True)
class ConversionRepair:
    """A finished repair.

    Attributes:
        repaired: path of the target that was handed over, also of one that is only improved; None if none was.
        executions: of both networks.
    """

    pair: ConvertedPair
    repairer: ConversionRepairer
    observation: Observation
    repair: Repair[ConversionPatch, Evidence]
    repaired: Path | None
    warnings: tuple[str, ...]
    executions: Executions = field(default_factory=Executions)


@dataclass(frozen=True, slots=True)
class ConversionDiagnosis:
    """A finished diagnosis."""

    pair: ConvertedPair
    repairer: ConversionRepairer
    observation: Observation
    diagnosis: Diagnosis
    costs: Mapping[str, Cost]
    warnings: tuple[str, ...]
    executions: Executions = field(default_factory=Executions)


def repair_conversion(
    paths: tuple[Path, Path], options: Options, folder: Path, watch: Watch, detail: Told = lambda said: None
) -> ConversionRepair:
    """Repair a converted network and write it in its own format.

    Args:
        paths: of the source and of the target. folder: where the repaired target goes.
        detail: told what is being done.

    Raises:
        NetmendError: whatever stops the work; nothing is written then.
    """
    pair, warnings = read_pair(paths, options)
    repairer = ConversionRepairer(pair, limits=Limits(seconds=options.seconds), tell=detail)
    meter = Meter(Budget("seconds", NO_LIMIT))
    with counted() as executed:
        found = loop.repair(repairer, loop.Plan(1, 1, 1, options.how.seed, 1), meter, _phrased(watch))
    found = replace(found, best=found.best or loop.nearest(found.trials))
    handed = None
    if found.confirmed is not None:
        # What is better and not yet right is handed over too, under a name that says so.
        name = "repaired" if found.confirmed.verdict.accepted else "improved"
        handed = _hand_over(pair, found.confirmed.patch, folder, name)
    recipes = _recipes(repairer, pair)
    # How the search ended is what is said of a target for which nothing better was found, and of no other.
    in_vain = found.confirmed is None and not found.nothing_to_repair
    if in_vain and (left := [*repairer.inexpressible, *recipes]):
        found = replace(found, ended="; ".join(each.rstrip(".") for each in (found.ended, *left)))
    assert repairer.seen is not None
    said = (*warnings, *recipes, *(() if in_vain else repairer.inexpressible))
    return ConversionRepair(pair, repairer, repairer.seen, found, handed, said, executed)


def diagnose_conversion(
    paths: tuple[Path, Path], options: Options, watch: Watch, detail: Told = lambda said: None
) -> ConversionDiagnosis:
    """Say whether a converted network agrees with its source and, if not, where it first goes wrong and why.

    Raises:
        NetmendError: whatever stops the work.
    """
    pair, warnings = read_pair(paths, options)
    repairer = ConversionRepairer(pair, limits=Limits(seconds=options.seconds), tell=detail)
    meter = Meter(Budget("seconds", NO_LIMIT))
    with counted() as executed:
        observation, diagnosis = loop.observe(repairer, loop.Plan(1, 1, 1, options.how.seed, 1), meter, _phrased(watch))
    return ConversionDiagnosis(
        pair, repairer, observation, diagnosis, meter.costs, (*warnings, *_recipes(repairer, pair)), executed
    )


def _recipes(repairer: ConversionRepairer, pair: ConvertedPair) -> tuple[str, ...]:
    """What may as well be done outside the network."""
    assert repairer.seen is not None
    observed = repairer.seen.observed
    said = [
        f"In place of changing the network, prepare the input {name} of the target as the source's: {how.sentence}."
        for name, how in observed.prepared
        if how is not None
    ]
    explained = (answer for _, answer in observed.examined.causes if isinstance(answer, Explained))
    recipes = (cause.hypothesis.recipe for answer in explained for cause in answer.causes)
    said += [f"In place of changing the network, {recipe}" for recipe in recipes if recipe]
    return tuple(said)


def _phrased(watch: Watch) -> Watch:
    """The loop counts runs of a program; here is one evaluation, and none is repeated."""
    said = {
        "watching": "running both sides as they are",
        "negative": "negative control: the target with nothing changed",
        "confirming": "checking in the target's own runtime on inputs that no decision has used",
    }

    def phase(text: str) -> None:
        watch.phase(said.get(text.partition(" ")[0], text))

    def trying(proposal: Proposal[ConversionPatch], left: str) -> None:
        watch.phase(f"trying out {proposal.patch.describe()}")

    return replace(watch, phase=phase, trying=trying)


def _hand_over(pair: ConvertedPair, patch: ConversionPatch, folder: Path, name: str) -> Path:
    """Write the target into a folder of its own first, so that nothing half done is left, and nothing of the user's."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder, prefix=".new-") as place:
            patch.write(Path(place), name)
            for made in sorted(Path(place).iterdir()):
                there = folder / made.name
                if made.is_dir() and is_saved_model(there):
                    shutil.rmtree(there)
                elif made.is_dir() and there.exists():
                    raise UsageError(f"{there} holds something else", hint="name another folder by --out")
                shutil.move(made, there)
    except OSError as error:
        raise EnvironmentFault(f"the result cannot be written: {error.strerror}", where=str(folder)) from error
    return folder / f"{name}{ending(pair.target)}"


def verdict(found: ConversionDiagnosis) -> tuple[str, str]:
    """Headline and sentence of a diagnosis: what it is, what was measured, and the first thing that is wrong."""
    judgement = found.repairer.judgement
    assert judgement is not None
    first = next(iter(judgement.findings), None)
    said = judgement.sentence if first is None else f"{judgement.sentence} {_capital(first.message).rstrip('.')}."
    return judgement.headline, said


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def exit_status(found: ConversionRepair) -> int:
    """As `docs/exit-status.md` lists them."""
    repair = found.repair
    if repair.nothing_to_repair or (repair.confirmed is not None and repair.confirmed.verdict.accepted):
        return 0
    return 130 if repair.interrupted else 1


def report_facts(found: ConversionRepair | ConversionDiagnosis, options: Options) -> dict[str, Any]:
    """What `netmend.report.document` wants to know besides the repair itself."""
    pair = found.pair
    repaired = isinstance(found, ConversionRepair)
    source, target = map(str, pair.paths)
    command = shlex.join(["netmend", "repair" if repaired else "diagnose", source, target, *words(options)])
    return {
        "kind": "conversion",
        "subject": f"{source} to {target}",
        "requirement": f"{pair.requirement.sentence}; {len(pair.inputs)} inputs to find out with, "
        f"{len(pair.held_out)} to confirm on",
        "exhibits": tuple(exhibits(found)),
        "warnings": found.warnings,
        "reproduce": (command,),
        "references": ["conversion-repair", "teacher-forcing"],
    }


def digest(path: Path) -> str:
    """SHA-256 of a file; of a folder, of the names and contents of the files in it."""
    if path.is_dir():
        files = [each for each in path.rglob("*") if each.is_file()]
        return digest_of({each.relative_to(path).as_posix(): each.read_bytes() for each in files})
    return hashlib.sha256(path.read_bytes()).hexdigest()

"""A weight repair from files to a report: what the command line and the Python interface call."""

from __future__ import annotations

import shlex
import shutil
import tempfile
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from netmend.core import loop
from netmend.core.budget import Budget, Meter
from netmend.core.errors import EnvironmentFault, UsageError
from netmend.core.records import Cost, Diagnosis, Repair
from netmend.core.repairer import Proposal
from netmend.repairs.weights import certificate
from netmend.repairs.weights.evidence import Evidence
from netmend.repairs.weights.exhibits import exhibits, layer_table, set_table, validating
from netmend.repairs.weights.given import Options, norm_of, read_subject, words
from netmend.repairs.weights.harm import halves
from netmend.repairs.weights.methods._base import Infeasible, WeightChange, reason
from netmend.repairs.weights.repairer import WeightRepairer
from netmend.repairs.weights.subject import NetworkUnderRepair

Watch = loop.Watcher[WeightChange, Evidence]
Told = Callable[[str], None]

SAID = 3
"""Layers of which it is said why they were not repaired: the table of layers has them all."""


@dataclass(frozen=True, slots=True)
class WeightRepair:
    """A finished repair.

    Attributes:
        certificate: path of it; None if nothing was handed over.
    """

    subject: NetworkUnderRepair
    repairer: WeightRepairer
    repair: Repair[WeightChange, Evidence]
    certificate: Path | None
    warnings: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class WeightDiagnosis:
    """A finished diagnosis."""

    subject: NetworkUnderRepair
    repairer: WeightRepairer
    diagnosis: Diagnosis
    costs: Mapping[str, Cost]
    warnings: tuple[str, ...]


def repair_network(
    path: Path, options: Options, folder: Path, watch: Watch, detail: Told = lambda said: None
) -> WeightRepair:
    """Repair a network and write what is handed over: network, certificate and points, all or nothing.

    Args:
        detail: told a line about each linearisation.

    Raises:
        NetmendError: whatever stops the work, such as a folder that holds a result; nothing is written then.
    """
    _refuse_taken(folder)
    subject, warnings = read_subject(path, options)
    repairer, meter = _prepared(subject, options, detail)
    plan = loop.Plan(1, 1, 1, options.seed, 1)
    found = loop.repair(repairer, plan, meter, _phrased(watch))
    found = replace(found, best=found.best or loop.nearest(found.trials))
    if found.confirmed is None and not found.nothing_to_repair and not found.interrupted:
        found = replace(found, ended=_ended(repairer, found.ended))
    handed = None
    if found.confirmed is not None and found.confirmed.verdict.accepted:
        handed = _hand_over(subject, found.confirmed.patch, found.confirmed.evidence, folder)
    return WeightRepair(subject, repairer, found, handed, warnings)


def diagnose_network(path: Path, options: Options, watch: Watch) -> WeightDiagnosis:
    """Say which layers to edit and what the repair set is like; nothing is solved to the end.

    Raises:
        NetmendError: whatever stops the work.
    """
    subject, warnings = read_subject(path, options)
    repairer, meter = _prepared(subject, options, lambda said: None)
    _, diagnosis = loop.observe(repairer, loop.Plan(1, 1, 1, options.seed, 1), meter, _phrased(watch))
    return WeightDiagnosis(subject, repairer, diagnosis, meter.costs, warnings)


def _phrased(watch: Watch) -> Watch:
    """The loop counts runs of a program; here is one evaluation, and none is repeated."""
    said = {
        "watching": "evaluating the network as it is",
        "negative": "negative control: the network with nothing changed",
        "confirming": "measuring harm on held-out inputs that no decision has used",
    }

    def phase(text: str) -> None:
        first = text.partition(" ")[0]
        if first != "minimising:":
            watch.phase(said.get(first, text))

    def trying(proposal: Proposal[WeightChange], left: str) -> None:
        watch.phase(f"trying out {proposal.patch.describe()}")

    return replace(watch, phase=phase, trying=trying)


def _prepared(subject: NetworkUnderRepair, options: Options, detail: Told) -> tuple[WeightRepairer, Meter]:
    if subject.reference is None and subject.held_out is not None:
        # The half for choosing may be looked at; the other is for the report alone.
        subject = replace(subject, reference=halves(subject.held_out, options.seed)[0].inputs)
    repairer = WeightRepairer(
        subject,
        layer=options.layer,
        norm=norm_of(options, subject),
        method=options.method,
        seed=options.seed,
        tell=detail,
        deadline=time.monotonic() + options.seconds,
    )
    return repairer, Meter(Budget("seconds", options.seconds))


def _ended(repairer: WeightRepairer, ended: str) -> str:
    """Why no layer was repaired: the one reason that says most."""
    harmful = repairer.harmful()
    if harmful:
        said = [f"{name}: harmful: {repairer.excess(after)}" for name, after in harmful.items()]
        return f"{ended}; {'; '.join(said[:SAID])}"
    said = [f"{attempt.layer.name}: {reason(attempt.answer)}" for attempt in repairer.attempts]
    proofs = [
        one
        for one, attempt in zip(said, repairer.attempts, strict=True)
        if isinstance(attempt.answer, Infeasible) and attempt.answer.proof
    ]
    most = (proofs or said)[:SAID]
    return f"{ended}; {'; '.join(most)}" if most else ended


def _refuse_taken(folder: Path) -> None:
    """A result never takes the place of another file: that may be the network that is repaired, or its data.

    An earlier result beside a new report would also be taken for the one that is reported.
    """
    taken = [name for name in (certificate.FILE, certificate.POINTS) if (folder / name).exists()]
    taken += sorted(path.name for path in folder.glob("repaired*"))
    if taken:
        what = f"the folder for the result already holds {', '.join(taken)}"
        raise UsageError(what, where=str(folder), hint="nothing is overwritten: name another folder with --out")


def _hand_over(subject: NetworkUnderRepair, change: WeightChange, evidence: Evidence, folder: Path) -> Path:
    """Write network, certificate and points into a folder of their own first, so that nothing half done is left."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder, prefix=".new-") as place:
            made = Path(place)
            change.write(made)
            network = min(made.glob("repaired*"), key=lambda path: len(path.name))
            page, arrays = certificate.certificate(
                change,
                subject.path,
                network,
                subject.specification,
                evidence.checked,
                level=subject.level,
                keep=subject.keep,
                kept=evidence.kept,
                architecture=subject.architecture,
                home=folder,
            )
            certificate.write(made, page, arrays)
            for file in sorted(made.iterdir()):
                shutil.move(file, folder / file.name)
    except OSError as error:
        raise EnvironmentFault(f"the result cannot be written: {error.strerror}", where=str(folder)) from error
    return folder / certificate.FILE


def exit_status(found: WeightRepair) -> int:
    """As `docs/exit-status.md` lists them."""
    repair = found.repair
    if repair.nothing_to_repair or (repair.confirmed is not None and repair.confirmed.verdict.accepted):
        return 0
    return 130 if repair.interrupted else 1


def report_facts(found: WeightRepair | WeightDiagnosis, options: Options, folder: Path) -> dict[str, Any]:
    """What `netmend.report.document` wants to know besides the repair itself."""
    subject, repairer = found.subject, found.repairer
    verb = "repair" if isinstance(found, WeightRepair) else "diagnose"
    commands = [shlex.join(["netmend", verb, str(subject.path), *words(options)])]
    shown = (*layer_table(repairer), *set_table(repairer))
    cited = ["weight-repair", "first-order-repair", "error-bound"]
    cited += ["covariance-norm"] if repairer.workshop.norm == "covariance" else []
    handed, harmful = None, dict[str, str]()
    if isinstance(found, WeightRepair):
        handed, harmful = found.certificate, _harmful(repairer)
        shown = (*exhibits(subject, repairer, found.repair, handed, options.architecture), *shown)
    if handed is not None:
        commands.append(validating(handed, options.architecture))
    return {
        "kind": "weights",
        "subject": str(subject.path),
        "requirement": f"{subject.specification.requirement.sentence}, {len(subject.specification)} points",
        "exhibits": shown,
        "warnings": found.warnings,
        "reproduce": tuple(commands),
        "references": cited,
        **harmful,
    }


def _harmful(repairer: WeightRepairer) -> dict[str, str]:
    """What the least harmful of the changes costs that were not accepted for their harm, as the report wants it."""
    found = repairer.harmful()
    if not found:
        return {}
    name, after = next(iter(found.items()))
    others = f"; changes of {', '.join([*found][1:])} cost more" if len(found) > 1 else ""
    return {"harmful": f"With a change of {name} every point is as required, but {repairer.excess(after)}{others}."}

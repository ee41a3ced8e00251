"""A weight repair from files to a report: what the command line and the Python interface call."""

from __future__ import annotations

import shlex
import shutil
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from netmend.core import loop
from netmend.core.budget import Budget, Meter
from netmend.core.errors import EnvironmentFault, UsageError
from netmend.core.records import Cost, Diagnosis, Repair
from netmend.core.repairer import Proposal
from netmend.network.backends._base import Network
from netmend.network.load import load
from netmend.repairs.weights import certificate
from netmend.repairs.weights.certify import Level, outputs_of
from netmend.repairs.weights.evidence import Evidence
from netmend.repairs.weights.exhibits import exhibits, layer_table, set_table
from netmend.repairs.weights.harm import LabelledInputs
from netmend.repairs.weights.methods._base import Infeasible, Limits, WeightChange, reason
from netmend.repairs.weights.reading._base import Images, PointSet, read_points
from netmend.repairs.weights.repairer import WeightRepairer
from netmend.repairs.weights.requirements._base import Requirement
from netmend.repairs.weights.requirements.intervals import checked_intervals
from netmend.repairs.weights.requirements.labels import checked_labels
from netmend.repairs.weights.specification import (
    Intervals,
    Labels,
    LinearConstraints,
    Specification,
    count,
    duplicates,
    joined,
    refuse_contradictions,
)
from netmend.repairs.weights.subject import NetworkUnderRepair

Watch = loop.Watcher[WeightChange, Evidence]
Told = Callable[[str], None]

MARGIN = 1e-3
"""By how much a wanted class must win where the user says nothing: the value of APRNN's experiments (Tao et al., PLDI
2023), so that results compare."""

NO_LIMIT = 1e9
"""Seconds that stand for no time limit: thirty years."""


@dataclass(frozen=True, slots=True)
class Options:
    """What the user asks for besides the network; file names as they were given.

    Attributes:
        margin: None takes the default of the requirement. harm: largest accepted loss, a fraction; None limits nothing.
        seconds: of the whole repair. memory: bytes of one layer's repair.
    """

    repair_set: Path
    reference: Path | None = None
    keep: Path | None = None
    held_out: Path | None = None
    generalisation: Path | None = None
    keep_certificates: tuple[Path, ...] = ()
    layer: str = "auto"
    norm: str = "auto"
    method: str = "linearise-solve-verify"
    margin: float | None = None
    level: Level = Level.DEPLOYED
    harm: float | None = None
    seconds: float = NO_LIMIT
    memory: float = 8 * 2**30
    architecture: str = ""
    seed: int = 0
    images: Images = Images()  # noqa: RUF009 - frozen


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


def read_subject(path: Path, options: Options) -> tuple[NetworkUnderRepair, tuple[str, ...]]:
    """The network and everything that is said of it, read and checked, with sentences to be told.

    Raises:
        NetmendError: something cannot be read, does not fit, or contradicts itself; the message names it.
    """
    network = load(path, options.architecture or None)
    warnings: list[str] = []

    def points(file: Path | None) -> PointSet | None:
        return None if file is None else read_points(file, network.graph, options.images)

    wrong = read_points(options.repair_set, network.graph, options.images)
    specification = required_of(wrong, network, options.margin)
    refuse_contradictions(specification)
    twice = sum(len(group) - 1 for group in duplicates(specification.inputs))
    if twice:
        warnings.append(f"{twice} points of {options.repair_set} are there more than once, with the same requirement.")
    held_out, unseen = points(options.held_out), points(options.generalisation)
    reference = points(options.reference)
    labelled = None if held_out is None else _labelled(held_out, network)
    if labelled is not None and len(labelled) < 2:
        raise UsageError("held-out inputs are halved, so there must be two", where=str(options.held_out))
    for name, other in (("held-out inputs", labelled), ("generalisation set", unseen)):
        if other is not None:
            shared = _shared(specification, other.inputs)
            if shared:
                warnings.append(
                    f"{shared} of the {name} are also in the repair set: what they show is not independent."
                )
    keep, said = _kept(points(options.keep), options, network)
    subject = NetworkUnderRepair(
        path=path,
        network=network,
        specification=specification,
        keep=keep,
        reference=None if reference is None else reference.inputs,
        clean=wrong.clean,
        held_out=labelled,
        generalisation=None if unseen is None else _labelled(unseen, network),
        harm=options.harm,
        level=options.level,
        limits=Limits(options.seconds, options.memory),
        architecture=options.architecture,
    )
    return subject, (*warnings, *said)


def required_of(points: PointSet, network: Network, margin: float | None) -> Specification:
    """What a file requires of a network.

    Raises:
        UsageError: nothing, or what does not fit the network.
    """
    many = count(points.inputs)
    outputs = outputs_of(network, Specification(points.inputs, Labels(np.zeros(many, np.int64))))
    requirement: Requirement
    if points.labels is not None:
        labels = checked_labels(points.labels, many, outputs, where=points.source)
        requirement = Labels(labels, MARGIN if margin is None else margin)
    elif points.low is not None and points.high is not None:
        low, high = checked_intervals(points.low, points.high, many, outputs, where=points.source)
        requirement = Intervals(low, high, margin or 0.0)
    elif points.conditions is not None:
        a, b, clause = points.conditions
        if a.shape[1] > outputs:
            what = f"the conditions are on {a.shape[1]} outputs, and the network has {outputs}"
            raise UsageError(what, where=points.source)
        wide = np.zeros((len(a), outputs))
        wide[:, : a.shape[1]] = a
        groups = None
        if points.polytopes is not None:
            groups = np.repeat(np.arange(len(points.polytopes)), [len(region) for region in points.polytopes])
        requirement = LinearConstraints(wide, b, many, clause, groups, MARGIN if margin is None else margin)
    else:
        hint = "give labels y, or low and high, or conditions a and b; see docs/weights.md"
        raise UsageError("nothing is required of the points", where=points.source, hint=hint)
    if not 0 <= requirement.margin < np.inf:
        raise UsageError(f"the margin must be zero or more, and is {requirement.margin}", hint="write --margin 0.001")
    if isinstance(requirement, Labels) and requirement.margin == 0:
        raise UsageError("a class must win by something: the margin must be above zero", hint="write --margin 1e-6")
    return Specification(points.inputs, requirement, points.polytopes, points.source)


def _labelled(points: PointSet, network: Network) -> LabelledInputs:
    if points.labels is None:
        return LabelledInputs(points.inputs, None, points.source)
    many = count(points.inputs)
    outputs = outputs_of(network, Specification(points.inputs, Labels(np.zeros(many, np.int64))))
    return LabelledInputs(
        points.inputs, checked_labels(points.labels, many, outputs, where=points.source), points.source
    )


def _kept(given: PointSet | None, options: Options, network: Network) -> tuple[Specification | None, list[str]]:
    """Points to keep, from a file and from earlier certificates, as one specification; those that hold now."""
    from netmend.repairs.weights.certify import check_points

    parts: list[Specification] = []
    if given is not None:
        if given.labels is None and given.low is None and given.conditions is None:
            from netmend.repairs.weights.harm import classes
            from netmend.repairs.weights.harm import outputs as answers

            given = replace(given, labels=classes(answers(network, given.inputs)))
        parts.append(required_of(given, network, options.margin))
    for path in options.keep_certificates:
        mended, kept = certificate.points_of(path)
        parts += [part for part in (mended, kept) if part is not None]
    if not parts:
        return None, []
    if not all(isinstance(part.requirement, Labels) for part in parts) and len(parts) > 1:
        hint = "repair once more with all points in one repair set"
        raise UsageError("points to keep from several files must all be labels", hint=hint)
    whole = parts[0]
    if len(parts) > 1:
        labels = np.concatenate([part.requirement.labels for part in parts if isinstance(part.requirement, Labels)])
        margin = min(part.requirement.margin for part in parts)
        whole = Specification(joined([part.inputs for part in parts]), Labels(labels, margin), source="points to keep")
    held = np.flatnonzero(check_points(network, whole, Level.FLOAT64).evaluated)
    lost = len(whole) - len(held)
    if lost and options.keep_certificates:
        named = ", ".join(str(path) for path in options.keep_certificates)
        hint = "give the network that the last of these certificates is about"
        raise UsageError(f"{lost} points to keep do not hold in this network", where=named, hint=hint)
    said = [f"{lost} points to keep do not hold now and are not kept."] if lost else []
    return (whole.select(held) if len(held) else None), said


def _shared(specification: Specification, inputs: Any) -> int:
    """How many inputs are also points of the specification."""
    own = len(specification)
    groups = duplicates(joined([specification.inputs, inputs]))
    return sum(sum(at >= own for at in group) for group in groups if group[0] < own)


def norm_of(options: Options, subject: NetworkUnderRepair) -> str:
    """The norm: as asked, or covariance where there is something to weigh by, else l2.

    Raises:
        UsageError: covariance without anything to weigh by.
    """
    known = subject.reference is not None
    if options.norm == "auto":
        return "covariance" if known else "l2"
    if options.norm == "covariance" and not known:
        raise UsageError("the covariance norm needs ordinary inputs", hint="give them with --reference or --held-out")
    return options.norm


def repair_network(
    path: Path, options: Options, folder: Path, watch: Watch, detail: Told = lambda said: None
) -> WeightRepair:
    """Repair a network and write what is handed over: network, certificate and points, all or nothing.

    Args:
        detail: told a line about each linearisation.

    Raises:
        NetmendError: whatever stops the work; nothing is written then.
    """
    subject, warnings = read_subject(path, options)
    repairer, meter = _prepared(subject, options, detail)
    plan = loop.Plan(1, 1, 1, options.seed, 1)
    found = loop.repair(repairer, plan, meter, _phrased(watch))
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
        from netmend.repairs.weights.harm import halves

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
    said = [f"{attempt.layer.name}: {reason(attempt.answer)}" for attempt in repairer.attempts]
    proofs = [
        one
        for one, attempt in zip(said, repairer.attempts, strict=True)
        if isinstance(attempt.answer, Infeasible) and attempt.answer.proof
    ]
    most = (proofs or said)[:3]
    return f"{ended}; {'; '.join(most)}" if most else ended


def _hand_over(subject: NetworkUnderRepair, change: WeightChange, evidence: Evidence, folder: Path) -> Path:
    """Write network, certificate and points into a folder of their own first, so that nothing half done is left."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder, prefix=".new-") as place:
            made = Path(place)
            change.write(made)
            network = next(made.glob("repaired*"))
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
    return folder / "certificate.json"


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
    handed = None
    if isinstance(found, WeightRepair):
        handed = found.certificate
        shown = (*exhibits(subject, repairer, found.repair, handed), *shown)
    if handed is not None:
        commands.append(shlex.join(["netmend", "validate", str(handed)]))
    return {
        "kind": "weights",
        "subject": str(subject.path),
        "requirement": f"{subject.specification.requirement.sentence}, {len(subject.specification)} points",
        "exhibits": shown,
        "warnings": found.warnings,
        "reproduce": tuple(commands),
        "references": cited,
    }


def words(options: Options) -> Sequence[str]:
    """The options that differ from their defaults, as the command line takes them."""
    said = ["--repair-set", str(options.repair_set)]
    for name in ("reference", "keep", "held_out", "generalisation"):
        value = getattr(options, name)
        said += [] if value is None else [f"--{name.replace('_', '-')}", str(value)]
    for path in options.keep_certificates:
        said += ["--keep-certificate", str(path)]
    said += [] if options.layer == "auto" else ["--layer", options.layer]
    said += [] if options.norm == "auto" else ["--norm", options.norm]
    said += [] if options.margin is None else ["--margin", f"{options.margin:g}"]
    said += [] if options.level is Level.DEPLOYED else ["--precision", options.level.value]
    said += [] if options.harm is None else ["--harm", f"{100 * options.harm:g}%"]
    said += ["--architecture", options.architecture] if options.architecture else []
    return [*said, *(["--seed", str(options.seed)] if options.seed else [])]

"""What the user gave: options and files, read, checked and put together before anything is computed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from netmend.core.errors import UsageError
from netmend.network.backends._base import Network, package
from netmend.network.load import load
from netmend.repairs.weights import certificate
from netmend.repairs.weights.certify import Level, check_points, outputs_of
from netmend.repairs.weights.harm import LabelledInputs, classes
from netmend.repairs.weights.harm import outputs as answers
from netmend.repairs.weights.method_choice import method_for, norms_of
from netmend.repairs.weights.methods._base import Limits
from netmend.repairs.weights.outlet import logits
from netmend.repairs.weights.reading._base import Images, PointSet, example_of, read_points
from netmend.repairs.weights.requirements._base import Array, Requirement
from netmend.repairs.weights.requirements.intervals import checked_intervals
from netmend.repairs.weights.requirements.labels import checked_labels
from netmend.repairs.weights.specification import (
    Inputs,
    Intervals,
    Labels,
    LinearConstraints,
    Specification,
    count,
    duplicates,
    joined,
    refuse_contradictions,
    stacked,
)
from netmend.repairs.weights.subject import NetworkUnderRepair

MARGIN = 1e-3
"""By how much a wanted class must win where the user says nothing: the value of APRNN's experiments (Tao et al., PLDI
2023), so that results compare."""

MAPPED = 20
"""Classes that are named where their order was taken from the names of folders (own choice)."""

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


def read_subject(path: Path, options: Options) -> tuple[NetworkUnderRepair, tuple[str, ...]]:
    """The network and everything that is said of it, read and checked, with sentences to be told.

    Raises:
        NetmendError: something cannot be read, does not fit, or contradicts itself; the message names it.
    """
    if options.harm is not None and options.held_out is None:
        hint = "give some with --held-out, or leave out --harm"
        raise UsageError("--harm limits what is lost on held-out inputs, and none are given", hint=hint)
    package("torch", "repairing weights")
    network = load(path, options.architecture or None, example_of(options.repair_set, options.images))
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
    reference, right = points(options.reference), points(options.keep)
    warnings += [said for each in (wrong, held_out, unseen, right) for said in _mapping(each)]
    classified = isinstance(specification.requirement, Labels)
    labelled = None if held_out is None else _labelled(held_out, network, classified)
    if labelled is not None and len(labelled) < 2:
        raise UsageError("held-out inputs are halved, so there must be two", where=str(options.held_out))
    for name, other in (("held-out inputs", labelled), ("generalisation set", unseen)):
        if other is not None:
            shared = _shared(specification, other.inputs)
            if shared:
                warnings.append(
                    f"{shared} of the {name} are also in the repair set: what they show is not independent."
                )
    keep, said = _kept(right, options, network)
    subject = NetworkUnderRepair(
        path=path,
        network=network,
        specification=specification,
        keep=keep,
        reference=None if reference is None else reference.inputs,
        clean=wrong.clean,
        held_out=labelled,
        generalisation=None if unseen is None else _labelled(unseen, network, classified),
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
        requirement = Labels(_labels(points, points.labels, outputs), MARGIN if margin is None else margin)
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


def _labelled(points: PointSet, network: Network, classified: bool) -> LabelledInputs:
    """Inputs to measure harm on, with whatever their file says of them."""
    if points.labels is None:
        says = points.conditions is not None or (points.low is not None and points.high is not None)
        wanted = required_of(points, network, 0.0).requirement if says else None
        return LabelledInputs(points.inputs, None, points.source, wanted, classified)
    many = count(points.inputs)
    outputs = outputs_of(network, Specification(points.inputs, Labels(np.zeros(many, np.int64))))
    return LabelledInputs(points.inputs, _labels(points, points.labels, outputs), points.source)


def _labels(points: PointSet, labels: Array, outputs: int) -> Array:
    """The classes of points.

    Raises:
        UsageError: they do not fit the network; or they have names, and not as many as the network has classes, so that
            nothing says which is which.
    """
    named, wanted = len(points.classes), max(outputs, 2)
    if named and named != wanted:
        what = f"there are {named} named folders and {wanted} classes, so that their order does not say which is which"
        hint = f"name each folder by its class number, 0 to {wanted - 1}, or add an empty one for every class left out"
        raise UsageError(what, where=points.source, hint=hint)
    return checked_labels(labels, count(points.inputs), outputs, where=points.source)


def _mapping(points: PointSet | None) -> Iterator[str]:
    """Which folder was taken for which class, where only names say so."""
    if points is not None and points.classes and points.labels is not None:
        named = [f"{at} is {name}" for at, name in enumerate(points.classes)]
        told = named if len(named) <= MAPPED else [*named[:MAPPED], f"and so on up to {named[-1]}"]
        yield f"Classes are the folders of {points.source} in alphabetical order: {', '.join(told)}."


def _kept(given: PointSet | None, options: Options, network: Network) -> tuple[Specification | None, list[str]]:
    """Points to keep, from a file and from earlier certificates, as one specification; those that hold now."""
    parts: list[Specification] = []
    if given is not None:
        if given.labels is None and given.low is None and given.conditions is None:
            given = replace(given, labels=classes(logits(network.graph, answers(network, given.inputs))))
        parts.append(required_of(given, network, options.margin))
    for path in options.keep_certificates:
        mended, kept = certificate.points_of(path)
        parts += [mended, *(() if kept is None else kept.parts())]
    if not parts:
        return None, []
    whole = stacked(parts, "points to keep")
    holds = check_points(network, whole, Level.FLOAT64).evaluated
    for region in whole.polytopes or ():
        holds[region.start : region.stop] = holds[region.start : region.stop].all()
    held = np.flatnonzero(holds)
    lost = len(whole) - len(held)
    if lost and options.keep_certificates:
        named = ", ".join(str(path) for path in options.keep_certificates)
        hint = "give the network that the last of these certificates is about"
        raise UsageError(f"{lost} points to keep do not hold in this network", where=named, hint=hint)
    said = [f"{lost} points to keep do not hold now and are not kept."] if lost else []
    return (whole.select(held) if len(held) else None), said


def _shared(specification: Specification, inputs: Inputs) -> int:
    """How many inputs are also points of the specification."""
    own = len(specification)
    groups = duplicates(joined([specification.inputs, inputs]))
    return sum(sum(at >= own for at in group) for group in groups if group[0] < own)


def norm_of(options: Options, subject: NetworkUnderRepair) -> str:
    """The norm: as asked, or covariance where there is something to weigh by, else l2; the method's own if it has only
    others.

    Raises:
        UsageError: covariance without anything to weigh by; there is no such method.
    """
    known = subject.reference is not None
    if options.norm == "auto":
        usual = "covariance" if known else "l2"
        norms = norms_of(method_for(options.method, subject.specification))
        return usual if usual in norms else norms[0]
    if options.norm == "covariance" and not known:
        raise UsageError("the covariance norm needs ordinary inputs", hint="give them with --reference or --held-out")
    return options.norm


def words(options: Options) -> Sequence[str]:
    """The options that differ from their defaults, as the command line takes them; where to write is left to it."""
    said, plain = ["--repair-set", str(options.repair_set)], Options(options.repair_set)
    for name in ("reference", "keep", "held_out", "generalisation"):
        value = getattr(options, name)
        said += [] if value is None else [f"--{name.replace('_', '-')}", str(value)]
    for path in options.keep_certificates:
        said += ["--keep-certificate", str(path)]
    said += [] if options.layer == "auto" else ["--layer", options.layer]
    said += [] if options.norm == "auto" else ["--norm", options.norm]
    said += [] if options.method == plain.method else ["--method", options.method]
    said += [] if options.margin is None else ["--margin", repr(options.margin)]
    said += [] if options.level is Level.DEPLOYED else ["--precision", options.level.value]
    said += [] if options.harm is None else ["--harm", f"{100 * options.harm:.10g}%"]
    said += [] if options.seconds == NO_LIMIT else ["--time-limit", f"{options.seconds:.10g}s"]
    said += [] if options.memory == plain.memory else ["--memory-limit", f"{options.memory / 2**30:.10g}"]
    for name in ("mean", "std"):
        value = getattr(options.images, name)
        said += [] if value == getattr(plain.images, name) else [f"--{name}", ",".join(map(repr, value))]
    said += [] if options.images.size is None else ["--size", str(options.images.size)]
    said += ["--architecture", options.architecture] if options.architecture else []
    return [*said, *(["--seed", str(options.seed)] if options.seed else [])]

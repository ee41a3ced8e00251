"""What the user gave: two files, inputs and options, read, checked and put together before anything is compared."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from netmend.core.errors import NetmendError, UsageError
from netmend.network.backends._base import Inputs, Network
from netmend.network.backends._onnx_grids import with_grids
from netmend.network.backends.onnx import OnnxNetwork
from netmend.network.graph import Array, Graph
from netmend.network.load import load
from netmend.repairs.conversion.distance import differences
from netmend.repairs.conversion.feeding import PairInputs, paired_inputs, paired_outputs
from netmend.repairs.conversion.lost import lost_inputs, with_ones
from netmend.repairs.conversion.reading import How, example_rows, read_inputs
from netmend.repairs.conversion.recording import as_source, own_outputs, real_values
from netmend.repairs.conversion.requirement._base import Requirement
from netmend.repairs.conversion.requirement.labels import Labels
from netmend.repairs.conversion.requirement.task import Task, imported
from netmend.repairs.conversion.requirement.tensors import Tensors
from netmend.repairs.conversion.subject import ConvertedPair

KEPT = 3e7
"""Numbers of all answers of a side up to which they are kept and not computed anew, 120 MB (own choice)."""


@dataclass(frozen=True, slots=True)
class Options:
    """What the user asks for besides the two networks; names as they were given.

    Attributes:
        inputs: a folder, npz or npy file; None makes inputs up. how: how they are prepared.
        match: names of inputs and outputs of the source with those of the target.
        labels: k of top-k; None if labels are not what is required. at_least: share of inputs whose labels must agree.
        task: FILE:CALLABLE of a metric.
        tolerance: of numbers or of the metric; None derives it.
        architecture, target_architecture: FILE:CALLABLE that build a side whose file holds weights alone.
        wrap: preprocessing may be mended inside the network. keep: quantisation is meant.
        seconds: of explaining one stretch.
    """

    inputs: Path | None = None
    how: How = How()  # noqa: RUF009 - frozen
    match: tuple[tuple[str, str], ...] = ()
    labels: int | None = None
    at_least: float = 1.0
    task: str = ""
    tolerance: float | None = None
    architecture: str = ""
    target_architecture: str = ""
    wrap: bool = True
    keep: bool = True
    seconds: float = 60.0


def read_pair(paths: tuple[Path, Path], options: Options) -> tuple[ConvertedPair, tuple[str, ...]]:
    """Both networks and all that is said of them, with sentences to be told.

    Raises:
        NetmendError: something cannot be read, does not fit, or contradicts itself; the message names it.
    """
    if paths[0].exists() and paths[1].exists() and paths[0].samefile(paths[1]):
        raise UsageError("source and target are the same file", where=str(paths[0]), hint="give the source first")
    source, target = _both(paths, options)
    if isinstance(target, OnnxNetwork) and not with_grids(source.graph).on_grids:
        # Grids that the source does not have are what the conversion was for.
        target.graph = with_grids(target.graph)
    match = dict(options.match)
    names = {each.name for each in (*source.graph.inputs, *source.graph.outputs)}
    if match.keys() - names:
        hint = f"it has {', '.join(sorted(names))}"
        raise UsageError(f"the source has no input or output {min(match.keys() - names)!r}", where="--match", hint=hint)
    lost = lost_inputs(source.graph, target.graph, match.values())
    target = with_ones(target, lost)
    inputs = paired_inputs(source.graph, target.graph, _of(match, source.graph, "inputs"))
    outputs = paired_outputs(source.graph, target.graph, _of(match, source.graph, "outputs"))
    rows = read_inputs(options.inputs, source.graph, target.graph, inputs, options.how)
    warnings = []
    if lost:
        warnings.append(
            f"The target takes {', '.join(each.name for each in lost)}, which the source does not: taken for numbers "
            "that the conversion lost, and for ones until they are found."
        )
    if rows.generated:
        warnings.append(
            "No inputs were given, and these are random: they show whether numbers agree, and not how often the "
            "network as it is used is wrong. Give real ones with --inputs."
        )
    rows = replace(rows, answered=(_answered(source, rows.source), _answered(target, rows.target)))
    one, other = _dealt(source, target, rows, outputs[0][0].name, outputs[0][1].name)
    rows = replace(rows, answered=(_kept(rows.answered[0], len(rows)), _kept(rows.answered[1], len(rows))))
    pair = ConvertedPair(
        paths=paths,
        source=source,
        target=target,
        outputs=outputs,
        inputs=rows.take(one),
        held_out=rows.take(other),
        requirement=requirement_of(options),
        architecture=options.target_architecture,
        wrap=options.wrap,
        keep=options.keep,
    )
    return pair, tuple(warnings)


def requirement_of(options: Options) -> Requirement:
    """What must hold.

    Raises:
        UsageError: two things are required at once, or a tolerance that is no number above zero.
        SubjectError: the user's metric cannot be imported.
    """
    if options.labels is not None and options.task:
        raise UsageError("--labels-of and --task are two requirements", hint="give one of them")
    if options.tolerance is not None and not 0 <= options.tolerance < np.inf:
        raise UsageError(
            f"the tolerance must be zero or more, and is {options.tolerance}", hint="write --tolerance auto"
        )
    if options.task:
        return Task(options.task, imported(options.task), options.tolerance or 0.0)
    if options.labels is not None:
        return Labels(options.labels, options.at_least)
    return Tensors(options.tolerance)


def _both(paths: tuple[Path, Path], options: Options) -> tuple[Network, Network]:
    """Both sides; one that does not say what it takes is told what the other takes, or what is in the user's inputs."""
    needs = options.architecture or None, options.target_architecture or None

    def read(side: int, example: Inputs | None = None) -> Network:
        try:
            # What a converter left in the target that no runtime knows is for the repair to say.
            return load(paths[side], needs[side], example, partly=side == 1)
        except NetmendError as error:
            if str(paths[side]) in str(error):
                raise
            where = f"{paths[side]}, {error.where}" if error.where else str(paths[side])
            raise type(error)(error.what, where=where, hint=error.hint) from error

    if needs[0] is None:
        source = read(0)
        return source, read(1, None if needs[1] is None else _example(source.graph))
    if needs[1] is None:
        target = read(1)
        return read(0, _example(target.graph)), target
    source = read(0, example_rows(options.inputs, options.how))
    return source, read(1, _example(source.graph))


def _example(graph: Graph) -> Inputs:
    """One row of zeros in the shape that the other side takes, channels first if it may be a picture."""
    found: dict[str, Array] = {}
    for each in graph.inputs:
        shape = [2, *(length or 32 for length in each.shape[1:])]
        if len(shape) == 4 and shape[3] in (1, 3) and shape[1] not in (1, 3):
            shape = [shape[0], shape[3], shape[1], shape[2]]
        found[each.name] = np.zeros(shape, np.float32 if each.name in graph.quantisation else each.dtype)
    return next(iter(found.values())) if len(found) == 1 else found


def _of(match: Mapping[str, str], graph: Graph, what: str) -> dict[str, str]:
    names = {each.name for each in getattr(graph, what)}
    return {name: other for name, other in match.items() if name in names}


def _answered(network: Network, feeds: Mapping[str, Array]) -> Mapping[str, Array] | None:
    """Every output, or None where the network does not run."""
    try:
        return own_outputs(network, feeds)
    except NetmendError:
        return None


def _kept(answers: Mapping[str, Array] | None, rows: int) -> Mapping[str, Array] | None:
    """The answers, where there is one for each row and they are not too large."""
    values = [] if answers is None else list(answers.values())
    fits = all(value.ndim and len(value) == rows for value in values) and sum(value.size for value in values) <= KEPT
    return answers if fits else None


def _dealt(source: Network, target: Network, rows: PairInputs, own: str, theirs: str) -> tuple[list[int], list[int]]:
    """Rows to choose by and rows to confirm on: dealt out in turn, those that differ most first.

    So both halves hold rows on which the target is wrong, however few they are; neither is looked at after that.
    """
    errors, (one, other) = np.zeros(len(rows)), rows.answered
    if one is not None and other is not None:
        right, got = real_values(source.graph, own, one[own]), real_values(target.graph, theirs, other[theirs])
        turned = as_source(right, got, len(rows))
        if turned.shape == right.shape:
            errors = differences(turned, right).reshape(len(rows), -1).max(axis=1, initial=0.0)
    order = np.argsort(-errors, kind="stable").tolist()
    return sorted(order[0::2]), sorted(order[1::2])


def words(options: Options) -> Sequence[str]:
    """The options that differ from their defaults, as the command line takes them."""
    plain, how = Options(), options.how
    said = [] if options.inputs is None else ["--inputs", str(options.inputs)]
    for name, other in options.match:
        said += ["--match", f"{name}={other}"]
    said += [] if options.labels is None else ["--labels-of", f"top-{options.labels}"]
    said += [] if options.at_least == 1 else ["--at-least", f"{100 * options.at_least:g}%"]
    said += ["--task", options.task] if options.task else []
    said += [] if options.tolerance is None else ["--tolerance", f"{options.tolerance:g}"]
    said += ["--architecture", options.architecture] if options.architecture else []
    said += ["--target-architecture", options.target_architecture] if options.target_architecture else []
    said += [] if options.wrap else ["--preprocessing", "recipe"]
    said += [] if options.keep else ["--quantisation", "undo"]
    for prefix, side in (("", how.source), ("target-", how.target)):
        if side is not None:
            said += [] if side.mean == (0.0,) else [f"--{prefix}mean", _numbers(side.mean)]
            said += [] if side.std == (1.0,) else [f"--{prefix}std", _numbers(side.std)]
            said += [] if side.order == "rgb" else [f"--{prefix}channels", side.order]
    said += [] if how.source.size is None else ["--size", str(how.source.size)]
    said += [] if how.most == plain.how.most else ["--most", str(how.most)]
    return [*said, *(["--seed", str(how.seed)] if how.seed else [])]


def _numbers(values: tuple[float, ...]) -> str:
    return ",".join(f"{value:g}" for value in values)

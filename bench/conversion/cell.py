"""One case: a healthy pair, no fault or some in the target, and what the repair makes of the two files."""

from __future__ import annotations

import random
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from bench.architecture.results import Row
from bench.conversion.files import save
from bench.conversion.subjects import Subject, fed, is_tflite
from netmend.core.errors import NetmendError
from netmend.core.loop import Watcher
from netmend.network.backends._base import Rewritable
from netmend.network.executions import counted
from netmend.network.graph import Array, Graph
from netmend.network.load import load
from netmend.repairs.conversion.evidence import Evidence
from netmend.repairs.conversion.explain import Cause, Explained
from netmend.repairs.conversion.faults._base import faults
from netmend.repairs.conversion.faults._injection import Injected, injected
from netmend.repairs.conversion.faults._isolation import changed
from netmend.repairs.conversion.given import Options
from netmend.repairs.conversion.patches import ConversionPatch
from netmend.repairs.conversion.study import ConversionRepair, exit_status, repair_conversion

PATIENCE = 600.0
"""Seconds of the clock for an explanation: ten times the default, so that other work on the machine changes nothing."""

GIVEN, FRESH = 16, 12
"""Rows that the repair is given (it keeps half of them back), and rows on which its result is judged here."""

NOISIER = 1.1
"""How much further from the source than the healthy target is, root mean square, an integer target may be after the
repair (own choice: what is mended goes back to the same grids, and a step more or less is no disagreement)."""

AGREES = 1e-4
"""Largest difference of an output, as a share of its largest number, that counts as agreement: ten times what float32
makes of MobileNetV2 (own measurement)."""


@dataclass(frozen=True, slots=True, eq=False)
class Case:
    """A target with faults.

    Attributes:
        healthy: the target without them. faults: names of the types, in the order in which they were put in.
        nodes: at fault. touched: nodes that differ from the healthy target, for each.
    """

    graph: Graph
    healthy: Graph
    faults: tuple[str, ...]
    nodes: tuple[str, ...]
    touched: tuple[frozenset[str], ...]


def made(healthy: Graph, names: Sequence[str], rows: Mapping[str, Array], seed: str, count: int) -> Case | None:
    """A target with the first faults that have a place away from the others'; None where there are not as many."""
    graph = healthy
    nodes: list[str] = []
    touched: list[frozenset[str]] = []
    kept: list[str] = []
    for name in names:
        if len(kept) == count:
            break
        found, name = _first(graph, name.split("|"), rows, f"{seed} {name}{'' if name not in kept else len(kept)}")
        if found is None:
            continue
        own = changed(graph, found.graph) | {found.node}
        own |= _neighbours(graph, found.graph, own, faults()[name].value.id == "O3")
        live = _needed(found.graph)
        # What nothing is computed from any more is no fault, so that none may hide another for good.
        if any(own & other for other in touched) or any(not live & other for other in touched):
            continue
        kept.append(name)
        graph = found.graph
        nodes.append(found.node)
        touched.append(frozenset(own))
    return Case(graph, healthy, tuple(kept), tuple(nodes), tuple(touched)) if len(kept) == count else None


def _neighbours(before: Graph, after: Graph, own: set[str], operators: bool) -> set[str]:
    """An operator that came or went lies between its neighbours: either may be named.

    Args:
        own: nodes that were changed. operators: whether the fault is that one is too many, missing or elsewhere.
    """
    old = {node.outputs[0] for node in before.nodes}
    came = [node for node in after.nodes if node.outputs[0] not in old]
    made = [
        tensor
        for node in after.nodes
        if node in came or (operators and node.outputs[0] in own)
        for tensor in node.outputs
    ]
    behind = {user.outputs[0] for tensor in made for user in after.users(tensor)}
    producers = (after.producer(name) for node in came for name in node.inputs if name)
    return behind | {each.outputs[0] for each in producers if each is not None}


def _needed(graph: Graph) -> set[str]:
    """Tensors that an output is computed from."""
    found = {each.name for each in graph.outputs}
    for node in reversed(graph.nodes):
        if not found.isdisjoint(node.outputs):
            found.update(node.outputs)
            found.update(node.inputs)
    return found


def _first(graph: Graph, names: Sequence[str], rows: Mapping[str, Array], seed: str) -> tuple[Injected | None, str]:
    """The first of some types that has a place, with what it is called."""
    for name in names:
        found = injected(graph, faults()[name].value, random.Random(seed), rows)
        if found is not None:
            return found, name
    return None, names[0]


def measure(subject: Subject, case: Case, folder: Path, many: int = GIVEN) -> Row:
    """Repair the case's file, with so many inputs, and judge what comes out."""
    target, inputs = saved(case.graph, folder, "target"), folder / "inputs.npz"
    np.savez(inputs, **subject.rows(many, 1))  # type: ignore[arg-type]
    options = Options(inputs=inputs, seconds=PATIENCE)
    started, began = time.monotonic(), time.process_time()
    failure, found = "", None
    with counted() as count:
        try:
            watch: Watcher[ConversionPatch, Evidence] = Watcher()
            found = repair_conversion((subject.source(), target), options, folder / "out", watch)
        except NetmendError as error:
            failure = error.what
    wall, seconds = time.monotonic() - started, time.process_time() - began
    path = found.repaired if found is not None and found.repaired is not None and exit_status(found) == 0 else target
    return {
        "injected": " ".join(case.faults),
        "nodes": " ".join(case.nodes).replace(",", ";"),
        **_named(case, found),
        **judged(subject, case, path, folder),
        "seconds": f"{seconds:.1f}",
        "wall": f"{wall:.1f}",
        "runs": str(count.runs),
        "executions": f"{count.total(len(case.graph.nodes)):.0f}",
        "failure": failure,
    }


def named(found: ConversionRepair) -> list[tuple[str, str]]:
    """Type and node of every cause that was found."""
    causes: list[Cause | None] = []
    for _, answer in found.observation.observed.examined.causes:
        causes += list(answer.causes) if isinstance(answer, Explained) else [None]
    return [("unexplained", "") if cause is None else (cause.name, cause.hypothesis.node) for cause in causes]


def _named(case: Case, found: ConversionRepair | None) -> Row:
    """What was said to be wrong, against what is."""
    said = [] if found is None else named(found)
    right_node = [any(node in touched for _, node in said) for touched in case.touched]
    right_name = [
        any(node in touched and _alike(name, fault) for name, node in said)
        for fault, touched in zip(case.faults, case.touched, strict=True)
    ]
    wrong = [node for _, node in said if not any(node in touched for touched in case.touched)]
    edits = 0
    if found is not None and found.repair.confirmed is not None:
        edits = found.repair.confirmed.patch.size
    return {
        "said": " ".join(f"{name}@{node}" for name, node in said).replace(",", ";"),
        "right_node": f"{sum(right_node)}/{len(case.faults)}",
        "right_name": f"{sum(right_name)}/{len(case.faults)}",
        "wrong_nodes": str(len(wrong)),
        "mends": str(edits),
    }


def _alike(name: str, fault: str) -> bool:
    """The same type, or one of the same group of the taxonomy: an operator too many is also one that is exchanged."""
    types = faults()
    return name == fault or (name in types and types[name].value.id == types[fault].value.id)


def judged(subject: Subject, case: Case, path: Path, folder: Path) -> Row:
    """How a file answers fresh rows in its own runtime: difference from the source, yes or no, and other top labels.

    In real numbers it is the largest as a share of the largest number; in integers the root mean square as a multiple
    of the healthy target's.
    """
    rows = subject.rows(GIVEN + FRESH, 2)
    fresh = {name: value[GIVEN:] for name, value in rows.items()}
    right = list(_answers(subject.source(), fresh).values())
    try:
        got = [first(value, one) for value, one in zip(_answers(path, fresh).values(), right, strict=True)]
    except NetmendError:
        return {"agrees": "does not run", "labels": ""}
    if any(one.shape != other.shape for one, other in zip(right, got, strict=True)):
        return {"agrees": "other shape", "labels": ""}
    labels = _labels(right[0]) != _labels(got[0])
    if case.healthy.quantisation:
        own = _answers(saved(case.healthy, folder, "healthy"), fresh).values()
        best = max(_rms(value, one) for value, one in zip(own, right, strict=True))
        worst = max(_rms(value, one) for value, one in zip(got, right, strict=True)) / max(best, 1e-30)
        agrees = worst <= NOISIER
    else:
        worst = max(_largest(value, one) for value, one in zip(got, right, strict=True))
        agrees = worst <= AGREES
    return {"agrees": f"{'yes' if agrees else 'no'} {worst:.1e}", "labels": f"{int(labels.sum())}/{len(labels)}"}


def _answers(path: Path, rows: Mapping[str, Array]) -> Mapping[str, Array]:
    network = load(path)
    assert isinstance(network, Rewritable)
    return network.outputs(fed(network.graph, rows))


def first(value: Array, right: Array) -> Array:
    """A picture with channels last as the source has it."""
    same = value.ndim == 4 and value.shape != right.shape
    return value.transpose(0, 3, 1, 2) if same else value


def _labels(value: Array) -> Array:
    found: Array = value.reshape(len(value), -1).argmax(1)
    return found


def _largest(value: Array, right: Array) -> float:
    scale = max(float(np.abs(right).max()), 1e-30)
    return float(np.abs(right.astype(np.float64) - value).max()) / scale


def _rms(value: Array, right: Array) -> float:
    return float(np.sqrt(np.mean((right.astype(np.float64) - value) ** 2)))


def saved(graph: Graph, folder: Path, name: str) -> Path:
    """A graph as a file of its format."""
    return save(graph, folder / f"{name}.{'tflite' if is_tflite(graph) else 'onnx'}")


def runs(graph: Graph, rows: Mapping[str, Array]) -> bool:
    """Whether the runtime accepts a target and computes what its file says: else the runtime is at fault."""
    with tempfile.TemporaryDirectory() as folder:
        try:
            network = load(saved(graph, Path(folder), "tried"))
            assert isinstance(network, Rewritable)
            network.check({name: value[:2] for name, value in fed(graph, rows).items()})
            answers = network.outputs(fed(graph, rows))
            return all(np.isfinite(value).all() for value in answers.values() if value.dtype.kind == "f")
        except NetmendError:
            return False

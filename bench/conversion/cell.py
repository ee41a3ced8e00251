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
from bench.conversion.counting import counted
from bench.conversion.files import save
from bench.conversion.subjects import Subject
from netmend.core.errors import NetmendError
from netmend.core.loop import Watcher
from netmend.network.backends._base import Rewritable
from netmend.network.graph import Array, Graph
from netmend.network.load import load
from netmend.repairs.conversion.evidence import Evidence
from netmend.repairs.conversion.explain import Cause, Explained
from netmend.repairs.conversion.faults._base import faults
from netmend.repairs.conversion.faults._injection import Injected, injected
from netmend.repairs.conversion.faults._isolation import changed
from netmend.repairs.conversion.given import Options
from netmend.repairs.conversion.patches import ConversionPatch
from netmend.repairs.conversion.reading import How
from netmend.repairs.conversion.study import ConversionRepair, repair_conversion

GIVEN, FRESH = 16, 12
"""Rows that the repair is given (it keeps half of them back), and rows on which its result is judged here."""

AGREES = 1e-4
"""Largest difference of an output, as a share of its largest number, that counts as agreement: ten times what float32
makes of MobileNetV2 (own measurement)."""


@dataclass(frozen=True, slots=True, eq=False)
class Case:
    """A target with faults.

    Attributes:
        faults: names of the types, in the order in which they were put in. nodes: at fault. touched: nodes that differ
            from the healthy target, for each.
    """

    graph: Graph
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
        found: Injected | None = injected(graph, faults()[name].value, random.Random(f"{seed} {name}"), rows)
        if found is None:
            continue
        # An operator that came or went lies between its neighbours: either may be named.
        own = changed(graph, found.graph) | {found.node}
        if faults()[name].value.id == "O3":
            made = [tensor for node in found.graph.nodes if node.outputs[0] in own for tensor in node.outputs]
            own |= {user.outputs[0] for tensor in made for user in found.graph.users(tensor)}
        if any(own & other for other in touched):
            continue
        kept.append(name)
        graph = found.graph
        nodes.append(found.node)
        touched.append(frozenset(own))
    return Case(graph, tuple(kept), tuple(nodes), tuple(touched)) if len(kept) == count else None


def measure(subject: Subject, case: Case, folder: Path) -> Row:
    """Repair the case's file and judge what comes out."""
    given = subject.rows(GIVEN, 1)
    target, inputs = save(case.graph, folder / "target.onnx"), folder / "inputs.npz"
    np.savez(inputs, **given)  # type: ignore[arg-type]
    options = Options(inputs=inputs, how=How(most=GIVEN), seconds=60)
    started = time.monotonic()
    failure, found = "", None
    with counted() as count:
        try:
            watch: Watcher[ConversionPatch, Evidence] = Watcher()
            found = repair_conversion((subject.source(), target), options, folder / "out", watch)
        except NetmendError as error:
            failure = error.what
    seconds = time.monotonic() - started
    agreement = "" if found is None else _agreement(subject, found, target)
    return {
        "injected": " ".join(case.faults),
        "nodes": " ".join(case.nodes).replace(",", ";"),
        **_named(case, found),
        "agrees": agreement,
        "seconds": f"{seconds:.1f}",
        "executions": f"{count.executions(len(case.graph.nodes)):.0f}",
        "failure": failure,
    }


def _named(case: Case, found: ConversionRepair | None) -> Row:
    """What was said to be wrong, against what is."""
    causes: list[Cause | None] = []
    if found is not None:
        for _, answer in found.observation.observed.examined.causes:
            causes += list(answer.causes) if isinstance(answer, Explained) else [None]
    said = [("unexplained", "") if cause is None else (cause.name, cause.hypothesis.node) for cause in causes]
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


def _agreement(subject: Subject, found: ConversionRepair, target: Path) -> str:
    """Largest difference on fresh rows, in the own runtime, as a share of the largest number; and yes or no."""
    path = found.repaired or target
    rows = subject.rows(GIVEN + FRESH, 2)
    fresh = {name: value[GIVEN:] for name, value in rows.items()}
    source, mended = load(subject.source()), load(path)
    assert isinstance(source, Rewritable) and isinstance(mended, Rewritable)
    try:
        right, got = source.outputs(fresh), mended.outputs(fresh)
    except NetmendError:
        return "does not run"
    worst = 0.0
    for (name, value), other in zip(right.items(), got.values(), strict=True):
        if value.shape != other.shape:
            return "other shape"
        largest = max(float(np.abs(value).max()), 1e-30)
        worst = max(worst, float(np.abs(value.astype(np.float64) - other).max()) / largest)
        del name
    return f"{'yes' if worst <= AGREES else 'no'} {worst:.1e}"


def runs(graph: Graph, rows: Mapping[str, Array]) -> bool:
    """Whether the runtime accepts a target at all."""
    with tempfile.TemporaryDirectory() as folder:
        try:
            network = load(save(graph, Path(folder) / "tried.onnx"))
            assert isinstance(network, Rewritable)
            return all(np.isfinite(value).all() for value in network.outputs(rows).values() if value.dtype.kind == "f")
        except NetmendError:
            return False

"""FetaFix's strategy, implemented anew from its description, on the same files: the baseline.

One image after another, the worst first; each edit is kept if the rank agreement of that image's top labels does not
fall. Parameters, hyperparameters of convolutions and stretches of operators are copied from the source.

References: N. Louloudakis, P. Gibson, J. Cano and A. Rajan, FetaFix: Automatic Fault Localization and Repair of Deep
Learning Model Conversions, EASE 2025 (arXiv 2312.15101); order, criteria and covered operators as its program has them.
What is off there by default, a Transpose guessed before Flatten, is off here; preprocessing, a choice by hand there, is
the right one here.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from bench.architecture.results import Row
from bench.conversion.cell import GIVEN, Case, judged
from bench.conversion.files import save
from bench.conversion.subjects import Subject
from netmend.core.errors import NetmendError, UsageError
from netmend.network.edits import Edit, ReplaceNodes, SetAttribute, SetConstant, edited
from netmend.network.executions import counted
from netmend.network.graph import Array, Graph, Node
from netmend.network.load import load
from netmend.repairs.conversion.faults._base import faults, fresh

FIXED = 0.98
"""Kendall's tau at which an image counts as fixed."""

STUCK = 6
"""Rounds without change of the share of dissimilar images after which it ends."""

SECONDS, PUBLISHED_SECONDS = 60.0, 7200.0
"""Of processor time, for as few inputs as most cells have; its own limit, of the clock, for thousands of images."""

SAME = 0.2
"""Largest difference of constants at which two nodes match."""

PARAMETERS = {"Conv": (1, 2), "BatchNormalization": (1, 2, 3, 4), "Mul": (1,), "Gemm": (1,)}
"""Operators whose constants are compared, and which of them. MatMul, Add and DequantizeLinear are not covered."""

HYPERPARAMETERS = ("pads", "kernel_shape", "dilations", "auto_pad")
"""Of Conv: lists of integers, and what is missing on one side; strides are switched off, numbers never differ."""

TOP = 5


@dataclass(frozen=True, slots=True)
class Change:
    """One logged edit: its type, the node it is at, and the edits."""

    family: str
    node: str
    edits: tuple[Edit, ...]


def measure(subject: Subject, case: Case, folder: Path, many: int = GIVEN) -> Row:
    """Repair the case's graph, with so many inputs, and judge what comes out as the other tool's result is judged."""
    source, given = subject.graph(), subject.rows(many, 1)
    started, began = time.monotonic(), time.process_time()
    failure, graph = "", case.graph
    kept: tuple[Change, ...] = ()
    with counted() as count:
        try:
            limit = SECONDS if many == GIVEN else PUBLISHED_SECONDS
            graph, kept = repair(source, case.graph, given, folder, limit)
        except NetmendError as error:
            failure = error.what
    wall, seconds = time.monotonic() - started, time.process_time() - began
    nodes = [change.node for change in kept]
    families = [faults()[name].value.family for name in case.faults]
    right_node = [any(node in touched for node in nodes) for touched in case.touched]
    right_name = [
        any(change.node in touched and change.family == family for change in kept)
        for family, touched in zip(families, case.touched, strict=True)
    ]
    wrong = {node for node in nodes if not any(node in touched for touched in case.touched)}
    return {
        "injected": " ".join(case.faults),
        "nodes": " ".join(case.nodes).replace(",", ";"),
        "said": " ".join(f"{change.family}@{change.node}" for change in kept).replace(",", ";"),
        "right_node": f"{sum(right_node)}/{len(case.faults)}",
        "right_name": f"{sum(right_name)}/{len(case.faults)}",
        "wrong_nodes": str(len(wrong)),
        "mends": str(len(kept)),
        **judged(subject, case, save(graph, folder / "mended.onnx"), folder),
        "seconds": f"{seconds:.1f}",
        "wall": f"{wall:.1f}",
        "runs": str(count.runs),
        "executions": f"{count.total(len(case.graph.nodes)):.0f}",
        "failure": failure,
    }


def repair(
    source: Graph, target: Graph, rows: Mapping[str, Array], folder: Path, seconds: float = SECONDS
) -> tuple[Graph, tuple[Change, ...]]:
    """The target with all edits that were kept within so many seconds of processor time."""
    until = time.process_time() + seconds
    wanted = _labels(_answers(source, rows, folder))
    kept: list[Change] = []
    stuck, last = 0, -1.0
    while stuck < STUCK and time.process_time() < until:
        got = _labels(_answers(target, rows, folder))
        if got.shape != wanted.shape:
            raise UsageError("the sides have other numbers of rows or labels")
        dissimilar = np.flatnonzero(got[:, 0] != wanted[:, 0])
        if not len(dissimilar):
            break
        share = len(dissimilar) / len(wanted)
        stuck, last = (stuck + 1, share) if share == last else (0, share)
        worst = min(dissimilar, key=lambda row: tau(wanted[row], got[row]))
        one = {name: value[worst : worst + 1] for name, value in rows.items()}
        target, changes = _mended(source, target, one, wanted[worst], folder, until)
        kept += changes
        if not changes and stuck == 0:
            stuck = 1
    return target, tuple(kept)


def _mended(
    source: Graph, target: Graph, row: Mapping[str, Array], wanted: Array, folder: Path, until: float
) -> tuple[Graph, list[Change]]:
    """All strategies in order on one image, until it is fixed."""
    score = tau(wanted, _labels(_answers(target, row, folder))[0])
    kept: list[Change] = []
    for strategy in STRATEGIES:
        for change in list(strategy(source, target)):
            if score >= FIXED or time.process_time() > until:
                return target, kept
            try:
                tried = edited(target, change.edits)
                new = tau(wanted, _labels(_answers(tried, row, folder))[0])
            except (NetmendError, KeyError):
                continue
            if new >= score:
                target, score = tried, new
                kept.append(change)
    return target, kept


def tau(one: Array, other: Array) -> float:
    """Kendall's tau-b of two lists of label numbers, taken as plain numbers as the published program does."""
    pairs = [(i, j) for i in range(len(one)) for j in range(i)]
    left = np.array([np.sign(one[i] - one[j]) for i, j in pairs])
    right = np.array([np.sign(other[i] - other[j]) for i, j in pairs])
    size = np.sqrt(float(np.sum(left**2)) * float(np.sum(right**2)))
    return float(np.sum(left * right)) / size if size else 1.0


def _input_axis(source: Graph, target: Graph) -> Iterator[Change]:
    """Input dimensions: the first Transpose becomes an identity where shapes differ; the first Concat's axis."""
    if source.inputs[0].shape != target.inputs[0].shape:
        node = next((each for each in target.nodes if each.op == "Transpose"), None)
        if node is not None:
            order = list(range(len(node.attributes.get("perm", (0, 1, 2, 3)))))
            yield Change("ID", node.outputs[0], (SetAttribute(node.outputs[0], "perm", order),))
    one, other = (next((each for each in graph.nodes if each.op == "Concat"), None) for graph in (source, target))
    if one is not None and other is not None and one.attributes.get("axis") != other.attributes.get("axis"):
        yield Change("ID", other.outputs[0], (SetAttribute(other.outputs[0], "axis", one.attributes.get("axis")),))


def _parameters(ops: Sequence[str]) -> Callable[[Graph, Graph], Iterator[Change]]:
    """Weights and biases: constants of matched nodes that are not equal are overwritten."""

    def changes(source: Graph, target: Graph) -> Iterator[Change]:
        for node, theirs in _matched(source, target, ops):
            for place in PARAMETERS[node.op]:
                mine, right = (_constant(*each, place) for each in ((target, node), (source, theirs)))
                if (
                    mine is not None
                    and right is not None
                    and mine.shape == right.shape
                    and not np.array_equal(mine, right)
                ):
                    edit = SetConstant(node.inputs[place], right.astype(mine.dtype))
                    yield Change("WB", node.outputs[0], (edit,))

    return changes


def _hyperparameters(source: Graph, target: Graph) -> Iterator[Change]:
    """Layer hyperparameters of convolutions: copied, or deleted where the source has none."""
    for node, theirs in _matched(source, target, ("Conv",)):
        for name in HYPERPARAMETERS:
            mine, right = node.attributes.get(name), theirs.attributes.get(name)
            if mine != right and (mine is None or right is None or isinstance(right, list)):
                yield Change("LH", node.outputs[0], (SetAttribute(node.outputs[0], name, right),))


def _stretches(op: str) -> Callable[[Graph, Graph], Iterator[Change]]:
    """Computational graph: stretches between two nodes of one type whose operators differ are replaced."""

    def changes(source: Graph, target: Graph) -> Iterator[Change]:
        for node, theirs in _matched(source, target, (op,)):
            mine, right = _between(target, node), _between(source, theirs)
            if mine is None or right is None or [each.op for each in mine] == [each.op for each in right]:
                continue
            yield Change("CG", node.outputs[0], (_spliced(source, target, node, mine, theirs, right),))

    return changes


def _between(graph: Graph, node: Node) -> list[Node] | None:
    """The nodes from the nearest ancestor of the same type to a node, if no branch lies between."""
    found: list[Node] = []
    before = graph.producer(node.inputs[0])
    while before is not None:
        if before.op == node.op:
            return found[::-1]
        tensors = [name for name in before.inputs if name and name not in graph.constants]
        if len(tensors) != 1 or len(graph.users(before.outputs[0])) != 1:
            return None
        found.append(before)
        before = graph.producer(tensors[0])
    return None


def _spliced(
    source: Graph, target: Graph, node: Node, mine: list[Node], theirs: Node, right: list[Node]
) -> ReplaceNodes:
    """The target's stretch cut out, and the source's put in."""
    start = mine[0].inputs[0] if mine else node.inputs[0]
    begin = right[0].inputs[0] if right else theirs.inputs[0]
    names = {begin: start, "": ""}
    constants: dict[str, Array] = {}
    made = []
    for each in right:
        for name in each.inputs:
            if name in source.constants:
                names[name] = fresh(target, f"{name} of the source")
                constants[names[name]] = source.constants[name]
        for name in each.outputs:
            names[name] = fresh(target, f"{name} of the source")
        made.append(
            Node(
                each.name,
                each.op,
                tuple(names[name] for name in each.inputs),
                tuple(names[name] for name in each.outputs),
                each.attributes,
            )
        )
    end = made[-1].outputs[0] if made else start
    behind = Node(node.name, node.op, (end, *node.inputs[1:]), node.outputs, node.attributes)
    return ReplaceNodes((*(each.outputs[0] for each in mine), node.outputs[0]), (*made, behind), constants)


def _matched(source: Graph, target: Graph, ops: Sequence[str]) -> Iterator[tuple[Node, Node]]:
    """Each node with the first of its type in the source that has its name, or constants like its own."""
    for node in target.nodes:
        if node.op not in ops:
            continue
        same = [each for each in source.nodes if each.op == node.op]
        found = next((each for each in same if each.name == node.name), None)
        found = found or next((each for each in same if _alike(source, each, target, node)), None)
        if found is not None:
            yield node, found


def _alike(source: Graph, theirs: Node, target: Graph, node: Node) -> bool:
    one, other = (
        [graph.constants[name] for name in each.inputs if name in graph.constants]
        for graph, each in ((source, theirs), (target, node))
    )
    return len(one) == len(other) and all(
        left.shape == right.shape and bool((np.abs(left.astype(np.float64) - right) <= SAME).all())
        for left, right in zip(one, other, strict=True)
    )


def _constant(graph: Graph, node: Node, place: int) -> Array | None:
    return graph.constants.get(node.inputs[place]) if place < len(node.inputs) else None


STRATEGIES: tuple[Callable[[Graph, Graph], Iterator[Change]], ...] = (
    _input_axis,
    _parameters(tuple(PARAMETERS)),
    _parameters(("Conv",)),
    _stretches("Add"),
    _hyperparameters,
    _stretches("Conv"),
    _hyperparameters,
    _hyperparameters,
)
"""In the published order."""


def _answers(graph: Graph, rows: Mapping[str, Array], folder: Path) -> Array:
    """The first output in ONNX Runtime."""
    network = load(save(graph, folder / "tried.onnx"))
    return network.run(rows)


def _labels(answers: Array) -> Array:
    """The numbers of the top labels of each row, the best first."""
    flat = answers.reshape(len(answers), -1)
    return np.argsort(-flat, axis=1, kind="stable")[:, :TOP]

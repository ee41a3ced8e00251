"""A picture is resized in a way that the file's version or format has no setting for.

What it is:
    Old versions of ONNX resize by one rule only, and TFLite knows three. A converter that meets another rule takes the
    nearest that there is.

How it is mended:
    Resizing is linear and works on each axis by itself: it is a product with one constant matrix for each axis. The
    matrices are what the source's operators make of single entries.

When it is wrong:
    For large pictures the matrices cost more than the operator; where the format has the right setting, that is found
    first (`resize-mode`).

References:
    Any interpolation with fixed positions is a matrix (Unser, Splines, IEEE Signal Processing Magazine 16(6), 1999).
"""

from __future__ import annotations

import random
from collections.abc import Iterator

import numpy as np

from netmend.network.edits import ReplaceNodes
from netmend.network.graph import Array, Graph, Node
from netmend.repairs.conversion.faults._base import (
    GRAPHS,
    Borrowed,
    Case,
    Fault,
    Hypothesis,
    Injection,
    evaluated,
    fresh,
)

RESIZES = ("Resize", "Upsample", "tflite:RESIZE_BILINEAR", "tflite:RESIZE_NEAREST_NEIGHBOR")

MOST = 512
"""Entries of an axis up to which it is written as a matrix (own choice: a megabyte for a matrix)."""


def _alternatives(case: Case) -> Iterator[Hypothesis]:
    ends = case.segment.outputs
    if len(case.segment.inputs) != 1 or len(ends) != 1 or not any(node.op in RESIZES for node in case.nodes):
        return
    begin, end = case.segment.inputs[0], ends[0]
    before, after = case.values[begin.target], case.values[end.target]
    if before.ndim != after.ndim or len(before) != len(after) or before.dtype.kind != "f" or not case.source_nodes:
        return
    matrices = {}
    for axis in range(1, before.ndim):
        if (before.shape[axis], after.shape[axis]) == (1, 1) or max(before.shape[axis], after.shape[axis]) > MOST:
            continue
        found = _matrix(case, axis, before.shape, after.shape)
        if found is None:
            return
        if found.shape[0] != found.shape[1] or not np.allclose(found, np.eye(len(found)), atol=1e-9):
            matrices[axis] = found
    if matrices:
        nodes, constants = _product(case.target, begin.target, end.target, before.ndim, matrices)
        axes = " and ".join(map(str, matrices))
        gone = tuple(node.outputs[0] for node in case.nodes)
        node = next(node for node in case.nodes if node.op in RESIZES)
        says = f"{node.op} {node.name!r} resizes by another rule; along the axes {axes} it is a product with a matrix."
        yield Hypothesis((ReplaceNodes(gone, nodes, constants),), says, node.outputs[0], borrowed=Borrowed.KNOWN)


def _matrix(case: Case, axis: int, before: tuple[int, ...], after: tuple[int, ...]) -> Array | None:
    """What the source's nodes make of each entry of an axis, all else being equal: one column for each."""
    begin, end = case.segment.inputs[0], case.segment.outputs[0]
    rows = np.zeros((before[axis], *before[1:]))
    for place in range(before[axis]):
        np.moveaxis(rows[place], axis - 1, 0)[place] = 1.0
    made = evaluated(case.source, {begin.source: begin.to_source(rows)}, [end.source])
    if made is None:
        return None
    answer = end.to_target(made[end.source])
    if answer.shape != (before[axis], *after[1:]):
        return None
    lines = np.moveaxis(answer, axis, 1).reshape(before[axis], after[axis], -1)
    return np.ascontiguousarray(lines[:, :, 0].T)


def _product(
    graph: Graph, start: str, end: str, rank: int, matrices: dict[int, Array]
) -> tuple[tuple[Node, ...], dict[str, Array]]:
    """Each axis in turn is brought to the end, multiplied, and brought back."""
    nodes: list[Node] = []
    constants: dict[str, Array] = {}
    tensor = start
    for number, (axis, matrix) in enumerate(matrices.items()):
        key, last = fresh(graph, f"{end} matrix of axis {axis}"), number == len(matrices) - 1
        constants[key] = matrix.T.astype(np.float32)
        order = list(range(rank))
        order[axis], order[-1] = order[-1], order[axis]
        steps: list[tuple[str, tuple[str, ...], dict[str, list[int]]]] = [("MatMul", (key,), {})]
        if axis != rank - 1:
            steps = [("Transpose", (), {"perm": order}), *steps, ("Transpose", (), {"perm": order})]
        for place, (op, others, attributes) in enumerate(steps):
            done = last and place == len(steps) - 1
            output = end if done else fresh(graph, f"{end} axis {axis} step {place}")
            nodes.append(Node(output, op, (tensor, *others), (output,), attributes))
            tensor = output
    return tuple(nodes), constants


def _inject(graph: Graph, chance: random.Random) -> Injection | None:
    """None: what is injected of this kind has a setting (`resize-mode`)."""
    return None


fault = Fault("R2", "LH", GRAPHS, _alternatives, _inject)

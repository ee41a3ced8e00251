"""The source's stretch as a product with one constant matrix for each axis, where that is what it computes.

What moves, repeats, leaves out or averages numbers along axes is linear and works on each axis by itself. The matrices
are what the source's operators make of single entries. Whether they are all that it computes is for `explain` to try.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from netmend.network.edits import ReplaceNodes
from netmend.network.graph import Array, Graph, Node
from netmend.repairs.conversion.faults._base import Case, evaluated, fresh

MOST = 512
"""Entries of an axis up to which it is written as a matrix (own choice: a megabyte for a matrix)."""

NUMBERS = 1e7
"""Numbers up to which an axis is probed, an array for each of its entries (own choice: 80 megabytes)."""


def as_matrices(case: Case) -> Iterator[tuple[ReplaceNodes, str]]:
    """Edits that put products in the place of the target's nodes, and along which axes: one for each order of axes that
    the output may have.
    """
    if len(case.segment.inputs) != 1 or len(case.segment.outputs) != 1 or not case.source_nodes:
        return
    begin, end = case.segment.inputs[0], case.segment.outputs[0]
    if not (begin.row_by_row and end.row_by_row):
        return
    before, after = case.values[begin.target], case.values[end.target]
    if before.ndim != after.ndim or len(before) != len(after) or before.dtype.kind != "f" or before.ndim < 2:
        return
    last = before.ndim - 1
    orders = [(*range(before.ndim),), (0, *range(2, last + 1), 1), (0, last, *range(1, last))]
    for order in orders[: 3 if last > 1 else 1]:
        matrices = _matrices(case, before.shape, order)
        if matrices:
            nodes, constants = _product(case.target, begin.target, end.target, before.ndim, matrices, order)
            listed = f"the axes {' and '.join(map(str, matrices))}"
            yield ReplaceNodes(tuple(node.outputs[0] for node in case.nodes), nodes, constants), listed


def _matrices(case: Case, shape: tuple[int, ...], order: tuple[int, ...]) -> dict[int, Array]:
    """By axis of the input; none where the output's axes cannot be in this order, or nothing changes.

    Args:
        shape: of the input. order: which axis of the input each axis of the output is.
    """
    ones = _made(case, np.ones((1, *shape[1:])), order)
    if ones is None or not np.abs(ones).max(initial=0) > 0:
        return {}
    place = tuple(int(each) for each in np.unravel_index(np.argmax(np.abs(ones[0])), ones.shape[1:]))
    matrices: dict[int, Array] = {}
    for axis in range(1, len(shape)):
        sizes = shape[axis], ones.shape[axis]
        if sizes == (1, 1):
            continue
        if max(sizes) > MOST and sizes[0] == sizes[1]:
            continue  # if more than this axis is left alone, that is seen when the edit is tried
        found = _matrix(case, axis, shape[1:], order, place) if max(sizes) <= MOST else None
        if found is None:
            return {}
        # All axes together make of ones what is there; each alone is probed while the others are fed ones.
        matrices[axis] = found / ones[0][place] if matrices else found
    return {axis: each for axis, each in matrices.items() if not _changes_nothing(each)}


def _made(case: Case, rows: Array, order: tuple[int, ...]) -> Array | None:
    """What the source's nodes make of rows in the target's layout, its axes in the order of the input's."""
    begin, end = case.segment.inputs[0], case.segment.outputs[0]
    made = evaluated(case.source, {begin.source: begin.to_source(rows)}, [end.source])
    answer = None if made is None else end.to_target(made[end.source])
    wanted = case.values[end.target].shape[1:]
    return answer.transpose(np.argsort(order)) if answer is not None and answer.shape == (len(rows), *wanted) else None


def _matrix(
    case: Case, axis: int, shape: tuple[int, ...], order: tuple[int, ...], place: tuple[int, ...]
) -> Array | None:
    """What becomes of each entry of an axis, with ones along all others: one column for each.

    Args:
        shape: of a row. place: of an entry of the output that is not zero.
    """
    length = shape[axis - 1]
    if length * np.prod(shape) > NUMBERS:
        return None
    rows = np.zeros((length, *shape))
    for entry in range(length):
        np.moveaxis(rows[entry], axis - 1, 0)[entry] = 1.0
    answer = _made(case, rows, order)
    if answer is None:
        return None
    lines = np.moveaxis(answer, axis, 1).reshape(length, answer.shape[axis], -1)
    rest = [at for at in range(len(shape)) if at != axis - 1]
    line = np.ravel_multi_index([place[at] for at in rest], [answer.shape[at + 1] for at in rest]) if rest else 0
    return np.ascontiguousarray(lines[:, :, line].T)


def _changes_nothing(matrix: Array) -> bool:
    return matrix.shape[0] == matrix.shape[1] and np.allclose(matrix, np.eye(len(matrix)), atol=1e-9)


def _product(
    graph: Graph, start: str, end: str, rank: int, matrices: dict[int, Array], turned: tuple[int, ...]
) -> tuple[tuple[Node, ...], dict[str, Array]]:
    """Each axis in turn is brought to the end, multiplied, and brought back; all are turned at last."""
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
            done = last and place == len(steps) - 1 and turned == (*range(rank),)
            output = end if done else fresh(graph, f"{end} axis {axis} step {place}")
            nodes.append(Node(output, op, (tensor, *others), (output,), attributes))
            tensor = output
    if tensor != end:
        nodes.append(Node(end, "Transpose", (tensor,), (end,), {"perm": list(turned)}))
    return tuple(nodes), constants

"""APRNN's linear program: every unit keeps its side at every point, all rows at once. A baseline.

Unknowns are a layer's weight and bias and the biases after it. Each ReLU is held to the side it has at the point before
the repair, so that the outputs are affine in the unknowns; each rival output of each point is a row. The objective is
the mean absolute plus the largest absolute value of all changes, of parameters and of outputs together, and no
parameter may change by more than `BOX`.

What it shows: its solution meets the requirement with the signs it keeps; it is evaluated as its weights are stored,
and certified like any other. Not to be used as: a way to tell that no repair exists: the rows that keep the signs are
sufficient and not necessary, and the box is a choice. It takes far longer than the default method; it is here to
compare with. Networks that bend otherwise than ReLU, LeakyReLU and Abs are refused: the original pushes smooth
functions into their flat ends.

Source: Tao, Nawas, Mitchell and Thakur, "Architecture-Preserving Provable Repair of Deep Neural Networks", PLDI 2023,
pointwise repair with the objective and the box of its first experiment; written anew from the formulas and solved by
HiGHS, where the paper has Gurobi.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from netmend.repairs.weights.block import Block, Change, block_of
from netmend.repairs.weights.methods._base import (
    Answer,
    Doubtful,
    Found,
    Infeasible,
    Method,
    NotFound,
    Problem,
    Progress,
    TimedOut,
    Unbounded,
)
from netmend.repairs.weights.methods._joint import change_of, joint
from netmend.repairs.weights.methods.linearise_solve_verify import AIM
from netmend.repairs.weights.regions import kinks, regions_of, slope_of, straightened
from netmend.repairs.weights.requirements._base import Array, Row
from netmend.repairs.weights.window import Window

BOX = 3.0
"""Largest change of one parameter, from the paper's experiments on MNIST networks."""

ENTRY_BYTES = 500
"""Bytes for an entry of the program, in HiGHS's copies and factors: about 450 with 100 points of MNIST 3x100, 480,180
entries (own measurement). Only an estimate."""


def propose(problem: Problem, progress: Progress) -> Answer:
    """The solution of the whole program, verified by evaluation.

    Raises:
        UnsupportedModel: the network bends otherwise than at zero.
    """
    started = time.monotonic()
    return replace(_solved(problem, progress, started), seconds=time.monotonic() - started)


def _solved(problem: Problem, progress: Progress, started: float) -> Answer:
    points, graph = joint(problem), problem.network.graph
    found = kinks(graph, problem.output)
    straight, feeds = straightened(graph, points.feeds, found, regions_of(len(points), None))
    writable, biases = problem.network.parameters, problem.later_biases
    block = block_of(straight, problem.layer, writable=writable, later_biases=biases)
    later = {name for node in graph.after([problem.layer.output]) for name in node.outputs}
    after = [kink for kink in found if kink.output in later]
    window = Window(block, feeds, problem.output)
    start = block.displaced(block.nothing)
    outputs = window.outputs(start)
    needed = points.requirement.violated(outputs, outputs.shape[1] + 1, np.full(len(points), np.inf))
    sides = {kink.input: np.where(feeds[slope_of(kink)].reshape(len(points), -1) == 1, 1.0, -1.0) for kink in after}
    signs = [
        Row(point, (unit,), (float(side[point, unit]),), 0.0, name)
        for name, side in sides.items()
        for point, unit in np.ndindex(*side.shape)
    ]
    moves = [Row(point, (output,), (1.0,)) for point, output in np.ndindex(*outputs.shape)]
    entries = _entries(block, window.patches, len(needed) + len(signs) + len(moves))
    if entries * ENTRY_BYTES > problem.limits.memory:
        size = f"about {entries * ENTRY_BYTES / 2**30:.2g} GiB, and {problem.limits.memory / 2**30:.2g} are allowed"
        return NotFound(f"the program needs {size}", np.inf)
    demand = np.concatenate([(1 + AIM) * points.required[[row.point for row in needed]], np.zeros(len(signs))])
    program = _Program.of(window, start, needed + signs, moves, demand)
    progress(f"a program of {program.rows} rows and {len(program.cost)} columns with {program.entries} entries")
    missing = points.missing(outputs)
    worst, missed = float(missing.max()), int(np.count_nonzero(missing))
    left = problem.limits.seconds - (time.monotonic() - started)
    if left <= 0:
        return TimedOut(worst, missed)
    answer = program.solve(left)
    if answer.status == 1:
        return TimedOut(worst, missed)
    if answer.status == 2:
        why = f"every unit keeps its side and no parameter changes by more than {BOX:g}: {answer.message}"
        return Infeasible(False, (), why)
    if answer.status != 0:
        return (Unbounded if answer.status == 3 else Doubtful)(str(answer.message))
    constants = block.displaced(program.change(answer.x, block))
    real = block_of(graph, problem.layer, writable=writable, later_biases=biases)
    missing = points.missing(Window(real, points.feeds, problem.output).outputs(constants))
    if missing.any():
        why = "the program's solution misses once its weights are stored"
        return NotFound(why, float(missing.max()), int(np.count_nonzero(missing)))
    return Found(change_of(problem, constants), 1, len(needed) + len(signs), 0.0)


def _entries(block: Block, patches: Array, rows: int) -> int:
    """Numbers other than zero in the program, at most."""
    outputs = int(patches.shape[1]) * int(patches.shape[2]) * block.patches.outputs
    return int(np.count_nonzero(patches)) * block.patches.outputs + rows * (outputs + 8) + 6 * block.size


@dataclass(frozen=True, slots=True, eq=False)
class _Program:
    """min cost . x with the columns: changes d, their sizes s, moves u of the layer's output, sizes of moves, largest.

    The moves u stand between: rows are short in them, where in the changes they would be as long as the layer is large.
    """

    cost: Array
    above: Any
    least: Array
    equal: Any
    bounds: Sequence[tuple[float | None, float | None]]
    size: int

    @classmethod
    def of(cls, window: Window, start: dict[str, Array], rows: list[Row], moves: list[Row], demand: Array) -> _Program:
        from scipy import sparse

        block, size, wide = window.block, window.block.size, len(moves)
        steps = _moved(block, window.patches)
        inner = steps.shape[0]
        values, needed = _reads(window, start, rows)
        _, seen = _reads(window, start, moves)
        own = sparse.hstack([needed[0], sparse.csr_matrix((len(rows), size)), needed[1]])
        one, none = sparse.identity, sparse.csr_matrix
        blank = none((size, inner + wide))
        above = [
            sparse.hstack([own, none((len(rows), wide + 1))]),
            sparse.hstack([-one(size), one(size), blank, none((size, 1))]),
            sparse.hstack([one(size), one(size), blank, none((size, 1))]),
            sparse.hstack([none((size, size)), -one(size), blank, np.ones((size, 1))]),
            sparse.hstack([-seen[0], none((wide, size)), -seen[1], one(wide), none((wide, 1))]),
            sparse.hstack([seen[0], none((wide, size)), seen[1], one(wide), none((wide, 1))]),
            sparse.hstack([none((wide, 2 * size + inner)), -one(wide), np.ones((wide, 1))]),
        ]
        least = np.concatenate([demand - values, np.zeros(3 * size + 3 * wide)])
        equal = sparse.hstack([steps, none((inner, size)), -one(inner), none((inner, wide + 1))])
        mean = 1 / (size + wide)
        cost = np.concatenate([np.zeros(size), np.full(size, mean), np.zeros(inner), np.full(wide, mean), [1.0]])
        free, positive = (None, None), (0.0, None)
        bounds = [*[(-BOX, BOX)] * size, *[(0.0, BOX)] * size, *[free] * inner, *[positive] * (wide + 1)]
        return cls(cost, sparse.vstack(above, format="csr"), least, equal.tocsr(), bounds, size)

    @property
    def rows(self) -> int:
        return int(self.above.shape[0] + self.equal.shape[0])

    @property
    def entries(self) -> int:
        return int(self.above.nnz + self.equal.nnz)

    def solve(self, seconds: float) -> Any:
        from scipy.optimize import linprog

        limit = {} if np.isinf(seconds) else {"time_limit": seconds}
        return linprog(
            self.cost,
            A_ub=-self.above,
            b_ub=-self.least,
            A_eq=self.equal,
            b_eq=np.zeros(self.equal.shape[0]),
            bounds=self.bounds,
            method="highs-ipm",
            options=limit,
        )

    def change(self, solution: Array, block: Block) -> Change:
        shape = block.nothing.matrix.shape
        weights = int(np.prod(shape))
        return Change(solution[:weights].reshape(shape), solution[weights : self.size])


def _moved(block: Block, patches: Array) -> Any:
    """How the changes move the layer's output, one row for each point, position, group and channel, as CSR."""
    from scipy import sparse

    outputs, width, groups = block.patches.outputs, block.patches.width, block.patches.groups
    flat = patches.reshape(-1, width)
    place, entry = np.nonzero(flat)
    channel = np.arange(outputs)
    rows = (place[:, None] * outputs + channel).ravel()
    columns = (((place % groups)[:, None] * outputs + channel) * width + entry[:, None]).ravel()
    data = np.repeat(flat[place, entry], outputs)
    if block.biases and block.biases[0].tensor == block.layer.output:
        every = np.arange(len(flat) * outputs)
        first = groups * outputs * width
        rows = np.concatenate([rows, every])
        columns = np.concatenate([columns, first + every % (groups * outputs)])
        data = np.concatenate([data, np.ones(len(every))])
    return sparse.csr_matrix((data, (rows, columns)), shape=(len(flat) * outputs, block.size))


def _reads(window: Window, start: dict[str, Array], rows: list[Row]) -> tuple[Array, tuple[Any, Any]]:
    """Values of rows, and how they read the later biases (as columns of all changes) and the layer's output."""
    from scipy import sparse

    block = window.block
    stored = {name: block.graph.constants[name] for name in start}
    values, pieces, biases = window.pulled(rows, stored)
    cotangents = np.concatenate(pieces)
    if block.biases and block.biases[0].tensor == block.layer.output:
        biases = biases.copy()
        biases[:, : block.biases[0].size] = 0.0
    weights = block.size - biases.shape[1]
    own = sparse.hstack([sparse.csr_matrix((len(rows), weights)), sparse.csr_matrix(biases)], format="csr")
    each = cotangents[0].size
    at_point = cotangents.reshape(len(rows), each)
    row, entry = np.nonzero(at_point)
    points = np.array([one.point for one in rows])
    columns = points[row] * each + entry
    shape = (len(rows), window.points * each)
    return values, (own, sparse.csr_matrix((at_point[row, entry], (row, columns)), shape=shape))


METHOD = Method(
    propose=propose,
    says="a change of one layer's weights and of biases after it that keeps every unit on its side, verified",
    norms=("l1-linf",),
)

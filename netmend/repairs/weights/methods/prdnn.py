"""PRDNN's linear program: one layer, one linearisation, no second look. A baseline.

PRDNN repairs a *decoupled* network: one channel with the old weights decides every ReLU and every tangent, another with
the new weights carries the values. Its outputs are affine in one layer's weight and bias, so one program finds the
least change. That program, with rows made lazily, is solved here, without the paper's box around the change.

What it shows: the decoupled network meets the requirement with the change that is found. What is handed over is the
ordinary network with the same weights, whose ReLUs may switch; it is evaluated, and the answer is "not found" if it
misses. In the last layer both are the same network, and in no other. "Infeasible" is a
statement of the solver about the decoupled network, and no proof.

Source: Sotoudeh and Thakur, "Provable Repair of Deep Neural Networks", PLDI 2021, pointwise repair; the lazy rows are
own work.
"""

from __future__ import annotations

import time
from dataclasses import replace

import numpy as np

from netmend.repairs.weights.block import block_of
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
from netmend.repairs.weights.methods.linearise_solve_verify import AIM, RIVALS, solver_for
from netmend.repairs.weights.requirements._base import Row
from netmend.repairs.weights.rows import Gradients, gradients_of
from netmend.repairs.weights.solvers._base import Solution, Status
from netmend.repairs.weights.window import Window

ROUNDS = 50
"""Programs of the one linearisation before it is given up (own choice)."""


def propose(problem: Problem, progress: Progress) -> Answer:
    """The least change of the decoupled network, if the ordinary network meets the requirement with it."""
    started = time.monotonic()
    answer = _solved(replace(problem, later_biases=False), progress, started)
    return replace(answer, seconds=time.monotonic() - started)


def _solved(problem: Problem, progress: Progress, started: float) -> Answer:
    points, network = joint(problem), problem.network
    block = block_of(network.graph, problem.layer, writable=network.parameters, later_biases=False)
    window, solver = Window(block, points.feeds, problem.output), solver_for(problem.metric.name)
    whitened = problem.metric.whitened(window.patches)
    constants = {name: network.graph.constants[name] for name in block.displaced(block.nothing)}
    outputs = window.outputs(constants)
    missing, decoupled = points.missing(outputs), outputs
    worst, missed = float(missing.max()), int(np.count_nonzero(missing))
    rows: dict[Row, None] = {}
    gradients: Gradients | None = None
    change = block.nothing
    for solved in range(ROUNDS):
        violated = points.requirement.violated(decoupled, RIVALS, points.required)
        new = [row for row in violated if row not in rows]
        if not new:
            changed = block.displaced(change)
            missing = points.missing(window.outputs(changed))
            if missing.any():
                why = "the decoupled network has what is required, and the ordinary one with the same weights has not"
                return NotFound(why, float(missing.max()), int(np.count_nonzero(missing)))
            return Found(change_of(problem, changed), 1, len(rows), 0.0)
        left = problem.limits.seconds - (time.monotonic() - started)
        if left <= 0:
            return TimedOut(worst, missed)
        rows.update(dict.fromkeys(new))
        at = np.array([row.point for row in new])
        pulled = gradients_of(window, whitened, at, window.pulled(new, constants), problem.metric)
        gradients = pulled if gradients is None else gradients.joined(pulled)
        demand = (1 + AIM) * points.required[[row.point for row in rows]] - gradients.values
        solution = solver.solve(gradients, demand, left)
        if solution.change is None:
            return _refused(solution, window.is_affine(), worst, missed)
        change = solution.change
        decoupled = outputs + window.tangent(constants, change)
        progress(f"program {solved + 1}: {len(rows)} rows")
    return NotFound(f"{ROUNDS} programs did not settle", worst, missed)


def _refused(solution: Solution, affine: bool, worst: float, missed: int) -> Answer:
    if solution.status is Status.TIMED_OUT:
        return TimedOut(worst, missed)
    if solution.status is Status.INFEASIBLE:
        what = "the network" if affine else "the decoupled network"
        return Infeasible(False, (), f"{what} has no such change in this layer: {solution.detail}")
    return (Unbounded if solution.status is Status.UNBOUNDED else Doubtful)(solution.detail)


METHOD = Method(
    propose=propose,
    says="a change of one layer by one linearisation; the ordinary network is verified with it, and may fail",
    norms=("l1-linf", "l2", "covariance"),
)

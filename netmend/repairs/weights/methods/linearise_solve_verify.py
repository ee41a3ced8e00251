"""Linearise, solve, verify: netmend's default.

At the present weights, every required row has a value and a gradient. The least change of the layer that meets the
rows to first order is a small quadratic program (`solvers.nnls`) in as many variables as there are rows. Rows are made
lazily: those violated now, then those that the linear model says the solution would violate. The network is then
evaluated with the change, rounded to the type in which its weights are stored; what it answers decides, and the
program is set up again there. No pattern of activations is kept, so a ReLU may switch, and any
differentiable layer may follow: the guarantee is in the evaluation, not in the program.

Steps. Each program finds the least next step. If the sum of shortfalls does not fall, the step is halved; if no
share of it helps, the next program asks for half of the way. The least change leaves every point hardly beyond what is
required, and a whole step may crowd them just short of it where units are dead or saturated: all points with nearly the
same outputs, each missing by the margin, and nothing that leads on. Then it begins again from the network as it was, by
quarters of the way, and aims beyond what is required. To minimise the norm of the whole change anew in every
program was tried: it moves far in directions the present rows say nothing about, and did not
settle on the inner layers of MNIST 3x100; from a change found step by step it never gave a smaller one by one per cent
of the norm in nine cases (own measurement, docs/weights.md).

Not to be used as: a way to tell that no repair exists. Only where the outputs are affine in the layer (the last one) is
its "infeasible" a proof.

References: first-order repair with Jacobians is Sotoudeh and Thakur, PLDI 2021 (one linearisation, exact in their
decoupled networks); least change under row constraints is Tao et al., PLDI 2023. Lazy rows, re-linearisation and the
dual in as many variables as rows: own work, docs/weights.md.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from netmend.core.discover import contributions
from netmend.core.errors import UsageError
from netmend.repairs.weights.block import Block, Change, block_of
from netmend.repairs.weights.farkas import explain_infeasible
from netmend.repairs.weights.methods._base import (
    Answer,
    Doubtful,
    Found,
    Infeasible,
    Method,
    NotFound,
    Problem,
    Progress,
    Step,
    TimedOut,
    Unbounded,
    WeightChange,
    reason,
)
from netmend.repairs.weights.methods._joint import Joint, change_of, joint
from netmend.repairs.weights.requirements._base import Array, Row
from netmend.repairs.weights.rows import Gradients, gradients_of
from netmend.repairs.weights.solvers._base import Solution, Solver, Status
from netmend.repairs.weights.window import Window

AIM = 0.5
"""By how much more than the required slack a row aims, as a share of it: what the linear model and rounding may eat
(own choice; with none of it a program is solved again for the last digits)."""

RIVALS = 2
"""Rows of a point that are added at once, worst first: with 1,000 points, 1, 2 and 3 took 5, 6 and 7 s on MNIST 3x100;
with 1, drawdown was once three times as large (own measurement)."""

ROUNDS = 4
"""How often one linearisation is solved again with rows that its linear model violates (own choice)."""

SHARES = (1.0, 0.5, 0.25, 0.125)
"""Shares of a step that are tried, largest first."""

FAILURES = 6
"""Programs in a row without a step that helps, each asking for half as much as the one before, until it is given up."""

AGAIN = ((0.25, 0.1), (0.25, 0.3))
"""When whole steps ended nowhere, in turn: the share of the way that one linearisation asks for, and how far beyond
what is required it aims, as a share of the mean shortfall at the start. Of eight sets of a transformer of ours, seven
of which end nowhere, these repair 5 and 8; smaller steps alone 2, aiming higher alone 5 (own measurement)."""

NEAR = 0.05
"""Share of the shortfall at the start below which whole steps are taken again."""

IDLE = 3
"""Linearisations without a multiplier after which a row is left out; a violated one comes back by itself."""

SOFT = 1e-3
"""Ridge of the program where the linear model cannot be met: it then comes as near as that allows."""


def propose(problem: Problem, progress: Progress) -> Answer:
    """A change after which every point of a problem has its slack, or why there is none."""
    started = time.monotonic()
    course = _Course.of(problem, progress, started)
    answer = course.run()
    return replace(answer, seconds=time.monotonic() - started)


def first_step(problem: Problem) -> WeightChange | None:
    """The change after one linearisation, neither verified nor complete; None if its program has no solution."""
    course = _Course.of(problem, lambda said: None, time.monotonic())
    start = course.state(course.block.nothing)
    if start.shortfall == 0:
        return change_of(problem, start.constants)
    solution, _ = course.linear(start, 1.0)
    return None if solution.change is None else change_of(problem, course.state(solution.change).constants)


@dataclass(frozen=True, slots=True, eq=False)
class State:
    """The network with one change: what is deployed, and how far every point is from what it needs."""

    change: Change
    constants: Mapping[str, Array]
    outputs: Array
    missing: Array

    @property
    def shortfall(self) -> float:
        """Sum over points of what is missing; 0 is the goal."""
        return float(self.missing.sum())


@dataclass
class _Course:
    problem: Problem
    progress: Progress
    started: float
    points: Joint
    block: Block
    window: Window
    solver: Solver
    whitened: Array
    idle: dict[Row, int] = field(default_factory=dict)
    rows: list[Row] = field(default_factory=list)
    aim: Array | None = None

    @classmethod
    def of(cls, problem: Problem, progress: Progress, started: float) -> _Course:
        points, graph, known = joint(problem), problem.network.graph, problem.remembered
        if "window" not in known:
            writable = problem.network.parameters
            block = block_of(graph, problem.layer, writable=writable, later_biases=problem.later_biases)
            met = problem.activations
            known["window"] = Window(block, points.feeds, problem.output, single=problem.single, activations=met)
            known["whitened"] = problem.metric.whitened(known["window"].patches)
        window, solver = known["window"], solver_for(problem.metric.name)
        return cls(problem, progress, started, points, window.block, window, solver, known["whitened"])

    @property
    def left(self) -> float:
        return self.problem.limits.seconds - (time.monotonic() - self.started)

    def run(self) -> Answer:
        """Step by step until every point has its slack; where that does not end well, again by smaller steps."""
        start = self.problem.start
        answer = self.steps(self.block.nothing if start is None else self.block.between(start), 1.0)
        for share, beyond in AGAIN if self.problem.limits.again else ():
            if start is not None or not isinstance(answer, NotFound) or self.window.is_affine():
                break
            self.progress(f"{reason(answer)}; again from the beginning, by {share:g} of the way, aiming higher")
            self.idle.clear()
            again = self.steps(self.block.nothing, share, beyond)
            answer = again if not isinstance(again, NotFound) or again.worst < answer.worst else answer
        return answer

    def steps(self, start: Change, most: float, beyond: float = 0.0) -> Answer:
        """Step after step from a change on.

        Args:
            most: share of the way to what is required that one linearisation asks for.
            beyond: how far beyond that it aims at the points that miss it, as a share of the mean shortfall.
        """
        state = self.state(start)
        self.aim = self.points.required * (1 + AIM) + beyond * np.where(state.missing > 0, state.missing.mean(), 0.0)
        steps: list[Step] = []
        stage, failures, first = most, 0, state.shortfall
        for iteration in range(self.problem.limits.iterations):
            if state.shortfall == 0:
                return Found(change_of(self.problem, state.constants), iteration, len(self.rows), 0.0, tuple(steps))
            if self.left <= 0:
                return TimedOut(float(state.missing.max()), int(np.count_nonzero(state.missing)))
            solution, gradients = self.linear(state, stage)
            if solution.change is None:
                return self.refused(solution, gradients, state)
            tried, share = self.along(state, solution.change)
            self.progress(
                f"linearisation {iteration + 1}: {len(gradients)} rows, {np.count_nonzero(tried.missing)} points miss "
                f"{tried.shortfall:.4g} in all (before {state.shortfall:.4g}), step {share:g}"
            )
            if share == 0:
                failures += 1
                if failures > FAILURES:
                    why = "no step of any length brings the points nearer"
                    return NotFound(why, float(state.missing.max()), int(np.count_nonzero(state.missing)))
                stage /= 2
                continue
            steps.append(Step(state.shortfall, tried.shortfall, share, len(gradients)))
            # Near the end a share of the way would never arrive.
            near = tried.shortfall < NEAR * first
            state, failures, stage = tried, 0, min(1.0 if near else most, 2 * stage)
        why = f"{self.problem.limits.iterations} linearisations did not suffice"
        return NotFound(why, float(state.missing.max()), int(np.count_nonzero(state.missing)))

    def state(self, change: Change) -> State:
        """Evaluate a change as it would be deployed."""
        constants = self.block.displaced(change)
        outputs = self.window.outputs(constants)
        return State(self.block.between(constants), constants, outputs, self.points.missing(outputs))

    def linear(self, state: State, stage: float) -> tuple[Solution, Gradients]:
        """The least change of the linear model around a state, with all rows that it turns out to need."""
        aim = self.points.required * (1 + AIM) if self.aim is None else self.aim
        for row in self.points.requirement.violated(state.outputs, RIVALS, aim):
            self.idle.setdefault(row, 0)
        rows = self.rows = list(self.idle)
        gradients = self.pull(rows, state)
        for _ in range(ROUNDS):
            reach = aim[[row.point for row in rows]] - gradients.values
            demand = np.where(reach > 0, stage * reach, reach)
            solution = self.solver.solve(gradients, demand, max(self.left, 0.0))
            if solution.change is None:
                break
            new = self.broken(state, solution.change) if stage == 1 else []
            if not new:
                break
            rows += new
            gradients = gradients.joined(self.pull(new, state))
        if solution.status is Status.INFEASIBLE and not self.window.is_affine():
            solution = self.softened(gradients, demand)
        self.forget(rows, solution)
        return solution, gradients

    def pull(self, rows: list[Row], state: State) -> Gradients:
        points = np.array([row.point for row in rows])
        return gradients_of(
            self.window, self.whitened, points, self.window.pulled(rows, state.constants), self.problem.metric
        )

    def broken(self, state: State, change: Change) -> list[Row]:
        """Rows not in the program that the linear model violates at its solution."""
        predicted = state.outputs + self.window.tangent(state.constants, change)
        bad = self.points.requirement.violated(predicted, RIVALS, self.points.required)
        new = [row for row in bad if row not in self.idle]
        self.idle.update(dict.fromkeys(new, 0))
        return new

    def softened(self, gradients: Gradients, demand: Array) -> Solution:
        """As near to an infeasible demand as a large ridge allows."""
        from netmend.repairs.weights.solvers.nnls import dual

        multipliers = dual(gradients.kernel(), demand, max(self.left, 0.0), ridge=SOFT)
        if multipliers is None:
            return Solution(Status.TIMED_OUT)
        return Solution(Status.SOLVED, gradients.combined(multipliers), multipliers)

    def forget(self, rows: list[Row], solution: Solution) -> None:
        """Leave out rows that have had no multiplier for some time."""
        if solution.multipliers is None or len(solution.multipliers) != len(rows):
            return
        for row, multiplier in zip(rows, solution.multipliers, strict=True):
            self.idle[row] = 0 if multiplier > 0 else self.idle[row] + 1
            if self.idle[row] >= IDLE:
                del self.idle[row]

    def along(self, state: State, change: Change) -> tuple[State, float]:
        """The first share of the step from a state that helps, and the share; the state itself and 0 if none does."""
        for share in SHARES:
            tried = self.state(state.change + change * share)
            if tried.shortfall < state.shortfall * (1 - 0.01 * share):
                return tried, share
        return state, 0.0

    def refused(self, solution: Solution, gradients: Gradients, state: State) -> Answer:
        worst, missed = float(state.missing.max()), int(np.count_nonzero(state.missing))
        if solution.status is Status.TIMED_OUT:
            return TimedOut(worst, missed)
        if solution.status is Status.DOUBTFUL:
            return Doubtful(solution.detail)
        if solution.status is Status.UNBOUNDED:
            return Unbounded(solution.detail)
        if solution.multipliers is None:
            return Infeasible(False, (), f"the linear model of this layer cannot be met: {solution.detail}")
        points = [row.point for row in self.rows]
        demand = self.points.required[points] - gradients.values
        patches, stored = self.block.patches, self.block.graph.constants
        weight = patches.matrix(stored[self.problem.layer.weight].astype(np.float64))
        size = self.problem.metric.norm(weight, np.zeros(0))
        return explain_infeasible(gradients, points, demand, solution.multipliers, size)


def solver_for(norm: str) -> Solver:
    """The solver that minimises a norm.

    Raises:
        UsageError: none does.
    """
    known = contributions("netmend.repairs.weights.solvers", Solver)
    for found in known.values():
        if norm in found.value.norms:
            solver: Solver = found.value
            return solver
    names = ", ".join(name for found in known.values() for name in found.value.norms)
    raise UsageError(f"there is no norm called {norm!r}", hint=f"choose one of {names}")


METHOD = Method(
    propose=propose,
    says="a change of one layer's weights and of biases after it, small by the norm, verified by evaluation",
    norms=("l2", "covariance", "l1-linf"),
)

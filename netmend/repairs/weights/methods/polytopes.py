"""Whole regions given by their vertices: every ReLU is held to one side in each of them.

The side is the one the unit has at the mean of the region's vertices. With all sides held, every number of the network
is affine in one layer's weights and the biases after it, so one convex program says what is the least change: its rows
are the requirement at the vertices, and for each vertex the sign of each unit's input. Few of them bind, so they are
made lazily, for each unit of a region at the vertex where it is worst. The network is evaluated with the change as its
weights are stored, and rows that it violates are added until there are none.

What it shows: the certificate checks, without the solver, the signs and the requirement at every vertex with an error
bound. Then the network is affine in each region, and the requirement holds at every point of it, in exact arithmetic.
In the deployed precision a bound covers regions as well; a replay shows the vertices only.

Points to keep are held to their signs like regions of one vertex, so many of them leave little room.

Not to be used as: a way to tell that no repair exists: another pattern of signs may have one. It is refused for
networks with other bends than ReLU, LeakyReLU and Abs, and it cannot repair a region that an earlier layer bends;
`shift-and-assert` can.

Source: Tao et al., PLDI 2023 (APRNN), section on V-polytopes, which repairs slice after slice and writes all rows out;
one program for the whole network with lazy rows: own work.
"""

from __future__ import annotations

import time
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from netmend.core.errors import NoErrorBound
from netmend.network.graph import Graph
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
from netmend.repairs.weights.methods._joint import Joint, change_of, joint
from netmend.repairs.weights.methods.linearise_solve_verify import AIM, solver_for
from netmend.repairs.weights.regions import Kink, kinks, regions_of, slope_of, straightened, unbent
from netmend.repairs.weights.requirements._base import Array, Indices, Row
from netmend.repairs.weights.rows import Gradients, gradients_of
from netmend.repairs.weights.solvers._base import Solution, Status
from netmend.repairs.weights.window import Window

CLEAR = 1e-5
"""Distance of a unit's input from zero, as a share of the largest input in its layer: a hundred roundings of float32,
so that storing the weights turns no sign (own choice)."""

RIVALS = 2
"""Rows of a point's requirement that are added at once, as in the default method."""

ROUNDS = 40
"""Programs before it is given up; 5 rotated digits on MNIST 9x100 take 6 or 7 (own measurement)."""


def propose(problem: Problem, progress: Progress) -> Answer:
    """A change after which every region is straight and has its slack, or why there is none.

    Raises:
        UnsupportedModel: the network bends otherwise than at zero.
    """
    started = time.monotonic()
    answer = Course.of(problem, progress, started).run()
    if isinstance(answer, Infeasible):
        answer = replace(answer, why=f"{answer.why}; several layers in turn may (--method shift-and-assert)")
    return replace(answer, seconds=time.monotonic() - started)


@dataclass(frozen=True, slots=True, eq=False)
class Straight:
    """A network with every kink held to the side that it has at the centre of each region.

    Attributes:
        graph, feeds: as `netmend.repairs.weights.regions.straightened` gives them.
    """

    points: Joint
    regions: tuple[Indices, ...]
    kinks: tuple[Kink, ...]
    graph: Graph
    feeds: Mapping[str, Array]

    @classmethod
    def of(cls, problem: Problem) -> Straight:
        """The straightened network of a problem."""
        graph, points = problem.network.graph, joint(problem)
        found, regions = kinks(graph, problem.output), regions_of(len(points), points.polytopes)
        return cls(points, regions, found, *straightened(graph, points.feeds, found, regions))


@dataclass
class Course:
    """One repair of one layer.

    Attributes:
        asserts: whether the requirement is to hold, or the signs alone.
        clashing: rows of a program that had no solution, with their shares in why.
    """

    problem: Problem
    progress: Progress
    started: float
    points: Joint
    regions: tuple[Indices, ...]
    before: tuple[Kink, ...]
    window: Window
    whitened: Array
    sides: dict[str, Array]
    asserts: bool = True
    clear: dict[str, float] = field(default_factory=dict)
    rows: dict[Row, float] = field(default_factory=dict)
    clashing: dict[Row, float] = field(default_factory=dict)
    factor: float = 1.0

    @classmethod
    def of(
        cls,
        problem: Problem,
        progress: Progress,
        started: float,
        straight: Straight | None = None,
        held: Collection[Kink] | None = None,
    ) -> Course:
        """Prepare.

        Args:
            straight: the straightened network, with what has been changed already.
            held: the kinks whose signs are to hold, and nothing else; all after the layer and the requirement if None.
        """
        own = straight or Straight.of(problem)
        block = block_of(
            own.graph, problem.layer, writable=problem.network.parameters, later_biases=problem.later_biases
        )
        later = {name for node in own.graph.after([problem.layer.output]) for name in node.outputs}
        after = [kink for kink in own.kinks if kink.output in later]
        before = () if straight else tuple(kink for kink in own.kinks if kink.output not in later)
        after = after if held is None else [kink for kink in after if kink in held]
        window = Window(block, own.feeds, problem.output, [kink.input for kink in after])
        shape = len(own.points), -1
        sides = {kink.input: np.where(own.feeds[slope_of(kink)].reshape(shape) == 1, 1.0, -1.0) for kink in after}
        whitened = problem.metric.whitened(window.patches)
        return cls(problem, progress, started, own.points, own.regions, before, window, whitened, sides, held is None)

    @property
    def left(self) -> float:
        """Seconds left."""
        return self.problem.limits.seconds - (time.monotonic() - self.started)

    def run(self) -> Answer:
        """Program after program, each with the rows that the last one's change violates."""
        bent = self.bent_before()
        if bent:
            which = ", ".join(str(at) for at in bent[:8])
            what = "repair an earlier one, or several with --method shift-and-assert"
            why = f"regions {which} are bent before this layer; {what}"
            return NotFound(why, np.inf, len(bent))
        block, solver = self.window.block, solver_for(self.problem.metric.name)
        constants = block.displaced(block.nothing)
        values = self.values(constants)
        self.clear = {name: CLEAR * max(float(np.abs(value).max()), 1e-30) for name, value in values.items()}
        start = self.window.block.graph.constants
        gradients: Gradients | None = None
        for solved in range(ROUNDS):
            new = self.violated(values)
            if not new:
                return Found(change_of(self.problem, constants), solved, len(self.rows), 0.0)
            if self.left <= 0:
                return self.late(values)
            fresh = [row for row in new if row not in self.rows]
            if not fresh:
                # Rounding of the stored weights ate what the program left: ask for more of the same rows.
                self.factor *= 2
            self.rows.update(dict.fromkeys(fresh, 0.0))
            if fresh:
                pulled = self.pull(fresh, {name: start[name] for name in constants})
                gradients = pulled if gradients is None else gradients.joined(pulled)
            assert gradients is not None
            demand = self.aims() - gradients.values
            solution = solver.solve(gradients, demand, max(self.left, 0.0))
            if solution.change is None:
                return self.refused(solution, values)
            constants = block.displaced(solution.change)
            values = self.values(constants)
            self.progress(
                f"program {solved + 1}: {len(self.rows)} rows, {self.missed(values)} vertices miss their slack"
            )
        return NotFound(f"{ROUNDS} programs did not settle", self.worst(values), self.missed(values))

    def bent_before(self) -> list[int]:
        """Regions that are not straight at the input of the layer: no change of it can straighten them."""
        from netmend.network.bounds import bounds

        if not self.before:
            return []
        try:
            found = bounds(self.problem.network.graph, self.points.feeds, keep=[kink.input for kink in self.before])
        except NoErrorBound:
            return list(range(len(self.regions)))
        straight = np.ones(len(self.regions), dtype=bool)
        for each in found.values():
            straight &= unbent(each.value, each.error, self.regions)
        crowded = np.array([len(region) > 1 for region in self.regions])
        return [int(at) for at in np.flatnonzero(crowded & ~straight)]

    def values(self, constants: dict[str, Array]) -> dict[str, Array]:
        """Outputs and inputs of kinks of the straightened network."""
        return self.window.values(constants, tuple({self.problem.output, *self.window.tensors}))

    def violated(self, values: dict[str, Array]) -> list[Row]:
        """Rows of the requirement, and for each unit of a region the sign at its worst vertex."""
        rows: list[Row] = []
        if self.asserts:
            rows += self.points.requirement.violated(values[self.problem.output], RIVALS, self.points.required)
        for name, side in self.sides.items():
            slack = side * values[name] - self.clear[name]
            for region in self.regions:
                worst = region[slack[region].argmin(axis=0)]
                units = np.flatnonzero(slack[worst, np.arange(slack.shape[1])] < 0)
                rows += [
                    Row(int(worst[unit]), (int(unit),), (float(side[worst[unit], unit]),), 0.0, name) for unit in units
                ]
        return rows

    def aims(self) -> Array:
        """What each row is to reach: more than it needs, for the rounding of the weights."""
        share = 1 + AIM * self.factor
        needed = [self.clear[row.tensor] if row.tensor else self.points.required[row.point] for row in self.rows]
        return share * np.array(needed)

    def pull(self, rows: list[Row], constants: dict[str, Array]) -> Gradients:
        """Gradients of rows with these constants."""
        points = np.array([row.point for row in rows])
        return gradients_of(
            self.window, self.whitened, points, self.window.pulled(rows, constants), self.problem.metric
        )

    def missed(self, values: dict[str, Array]) -> int:
        """How many points miss a row."""
        return len({row.point for row in self.violated(values)})

    def worst(self, values: dict[str, Array]) -> float:
        """By how much the worst point misses its slack."""
        return float(self.points.missing(values[self.problem.output]).max())

    def late(self, values: dict[str, Array]) -> TimedOut:
        """There was no time left."""
        return TimedOut(self.worst(values), self.missed(values))

    def refused(self, solution: Solution, values: dict[str, Array]) -> Answer:
        """Why a program had no solution."""
        if solution.status is Status.TIMED_OUT:
            return self.late(values)
        if solution.status is Status.DOUBTFUL:
            return Doubtful(solution.detail)
        if solution.status is Status.UNBOUNDED:
            return Unbounded(solution.detail)
        points: tuple[int, ...] = ()
        if solution.multipliers is not None:
            self.clashing = dict(zip(self.rows, solution.multipliers, strict=True))
            weights = np.zeros(len(self.points))
            np.add.at(weights, [row.point for row in self.rows], solution.multipliers)
            points = tuple(int(at) for at in np.flatnonzero(weights > 0.01 * weights.max(initial=0.0)))
        why = f"no change of this layer keeps every unit on the side of its region's centre: {solution.detail}"
        return Infeasible(False, points, why)


METHOD = Method(
    propose=propose,
    says="a change of one layer's weights and of biases after it, after which the network is affine in each region",
    norms=("l2", "covariance", "l1-linf"),
    regions=True,
)

"""Arachne: the weights of one layer that are most to blame, searched by differential evolution. A baseline.

The weights are those on the first Pareto fronts of two impacts, on what is answered and on the loss, at points that
miss and not at those that are right. New values for them alone are searched for, starting from values drawn like the
layer's weights; a candidate is fit if it mends points, keeps those that were right, and lowers what is missed at both.

What it shows: nothing by itself; like any change it is evaluated and certified. The search is random, with a fixed
seed, changes a few weights by much, and seldom mends every point: then the answer is "not found", whatever it mended.
Points that are right are the ones to keep and those of the specification that hold already; without any, nothing holds
the network back. It is here to compare with.

Source: Sohn, Kang and Yoo, "Arachne: Search-Based Repair of Deep Neural Networks", TOSEM 32, 2023 (localisation
by one front, fitness); differential evolution: Storn and Price, J. Global Optimization 11, 1997, as SciPy has it.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field, replace

import numpy as np

from netmend.repairs.weights.block import Block, Change, block_of
from netmend.repairs.weights.layer_choice._base import Context
from netmend.repairs.weights.methods._base import Answer, Found, Method, NotFound, Problem, Progress, TimedOut
from netmend.repairs.weights.methods._joint import Joint, change_of, joint
from netmend.repairs.weights.requirements._base import Array
from netmend.repairs.weights.specification import joined, take
from netmend.repairs.weights.window import Window

POPULATION, GENERATIONS = 100, 100
"""Candidates at once, and how often they are replaced (own choice: 1.5 s for 10 points of MNIST 3x100)."""

FEWEST = 8
"""Weights that are searched at least, and at least as many as points miss: fronts are taken one after the other until
there are so many, because the first is often a single weight (own choice)."""

SPREAD = 5.0
"""Standard deviations of the layer's weights that a new value may lie from their mean (own choice)."""


def propose(problem: Problem, progress: Progress) -> Answer:
    """New values for the weights most to blame."""
    started = time.monotonic()
    problem = replace(problem, later_biases=False)
    points, network = joint(problem), problem.network
    block = block_of(network.graph, problem.layer, writable=network.parameters, later_biases=False)
    window = Window(block, points.feeds, problem.output)
    search = _Search(problem, points, block, window, started)
    return replace(search.run(progress), seconds=time.monotonic() - started)


class _Stop(Exception):
    """A candidate mends everything, or time is up."""


@dataclass
class _Search:
    problem: Problem
    points: Joint
    block: Block
    window: Window
    started: float
    matrix: Array = field(init=False)
    wrong: Array = field(init=False)
    places: Array = field(init=False)
    best: Array = field(init=False)
    done: dict[str, Array] | None = None

    def run(self, progress: Progress) -> Answer:
        """Localise, then evolve."""
        from scipy.optimize import differential_evolution

        layer = self.problem.layer
        weight = self.block.graph.constants[layer.weight]
        self.matrix = self.block.patches.matrix(weight.astype(np.float64))
        missing = self.best = self.points.missing(self.window.outputs({layer.weight: weight}))
        self.wrong = missing > 0
        if not self.wrong.any():
            return Found(change_of(self.problem, {layer.weight: weight}), 0, 0, 0.0)
        self.places = np.flatnonzero(self.blamed())
        progress(f"{len(self.places)} of {weight.size} weights are searched")
        middle, width = float(self.matrix.mean()), float(self.matrix.std())
        low, high = middle - SPREAD * width, middle + SPREAD * width
        random = np.random.default_rng(0)
        first = np.clip(random.normal(middle, width, (POPULATION, len(self.places))), low, high)
        first[0] = np.clip(self.matrix.ravel()[self.places], low, high)
        bounds = [(low, high)] * len(self.places)
        try:
            differential_evolution(
                self.unfitness,
                bounds,
                strategy="rand1bin",
                init=first,
                maxiter=GENERATIONS,
                tol=0.0,
                polish=False,
                rng=0,
            )
        except _Stop:
            if self.done is not None:
                return Found(change_of(self.problem, self.done), 1, len(self.places), 0.0)
            return TimedOut(float(self.best.max()), int(np.count_nonzero(self.best)))
        why = f"{GENERATIONS} generations of {POPULATION} candidates did not suffice"
        return NotFound(why, float(self.best.max()), int(np.count_nonzero(self.best)))

    def unfitness(self, values: Array) -> float:
        """Minus Arachne's fitness: mended and intact points over what is missed, each plus one."""
        if time.monotonic() - self.started > self.problem.limits.seconds:
            raise _Stop
        constants = self.with_values(values)
        missing = self.points.missing(self.window.outputs(constants))
        if np.count_nonzero(missing) < np.count_nonzero(self.best):
            self.best = missing
        if not missing.any():
            self.done = constants
            raise _Stop
        mended, intact = (np.count_nonzero(missing[part] == 0) for part in (self.wrong, ~self.wrong))
        fitness = (mended + 1) / (missing[self.wrong].sum() + 1) + (intact + 1) / (missing[~self.wrong].sum() + 1)
        return -float(fitness) if np.isfinite(fitness) else 0.0

    def with_values(self, values: Array) -> dict[str, Array]:
        """The layer with new values at the searched places, as it would be stored."""
        name = self.problem.layer.weight
        changed = self.matrix.copy().ravel()
        changed[self.places] = values
        moved = Change(changed.reshape(self.matrix.shape) - self.matrix, self.block.nothing.biases)
        return {name: self.block.displaced(moved)[name]}

    def blamed(self) -> Array:
        """Weights on the first Pareto fronts, flat booleans."""
        from netmend.repairs.weights.layer_choice._losses import losses_of, own_labels
        from netmend.repairs.weights.layer_choice.bidirectional import impacts, in_proportion, pareto_front

        problem, own = self.problem, self.problem.specification
        wrong = np.flatnonzero(self.wrong[: len(own)])
        wrong = wrong if len(wrong) else np.arange(len(own))
        parts = [own.inputs, *([problem.keep.inputs] if problem.keep is not None else [])]
        right = take(joined(parts), np.flatnonzero(~self.wrong))
        context = Context(
            problem.network, own, (problem.layer,), problem.output, right, lambda layer: problem, lambda layer: None
        )
        losses = losses_of(context)
        missed = take(own.inputs, wrong)
        ((forward, backward),) = impacts(context, missed, lambda values, part: losses(values, wrong[part]))
        if not self.wrong.all():
            drawn = take(right, in_proportion(context, len(wrong)))
            ((kept, held),) = impacts(context, drawn, own_labels)
            forward, backward = forward / (1 + kept), backward / (1 + held)
        chosen = np.zeros(forward.size, dtype=bool)
        while chosen.sum() < min(max(FEWEST, len(wrong)), forward.size):
            left = np.flatnonzero(~chosen)
            chosen[left[pareto_front(forward.ravel()[left], backward.ravel()[left])]] = True
        return chosen


METHOD = Method(
    propose=propose,
    says="new values for the weights of one layer most to blame, found by a random search",
    norms=("l2", "covariance", "l1-linf"),
)

"""Whole regions given by their vertices, by changing layer after layer up to the one that is asked for.

First every layer before it is changed, in forward order, by as little as keeps the units right after it on the side
that they have at the mean of each region: "shift". A unit that no change can keep there, because regions are in each
other's way (they may overlap), takes one side in all of those. Then the layer itself is changed, and biases after it,
so that the requirement holds and all later units keep their side: "assert" (`polytopes`). Each is one convex program
with lazy rows.

What it shows: as `polytopes`, by the same certificate. Not to be used as: a way to tell that no repair exists, and
where `polytopes` finds one in a single layer: that changes less. More regions than one layer can straighten are what it
is for; with the last layer asked for every later unit has been held already, so that the last program is the easiest.

Source: the order of Tao et al., PLDI 2023 (APRNN), section on V-polytopes, shift and assert; lazy rows, norms, units
that change sides, and that the last program may begin at any layer: own work.
"""

from __future__ import annotations

import time
from dataclasses import replace

import numpy as np

from netmend.network.layers import LinearLayer, linear_layers
from netmend.repairs.weights.methods._base import Answer, Found, Infeasible, Method, Problem, Progress
from netmend.repairs.weights.methods._joint import change_of
from netmend.repairs.weights.methods.polytopes import Course, Straight
from netmend.repairs.weights.regions import slope_of
from netmend.repairs.weights.requirements._base import Array

TURNS = 100
"""Programs of one layer with units on other sides, before it is given up (own choice)."""

CLASH = 1e-6
"""Share of the largest multiplier above which a row is in another's way: the ridge of the program keeps those of rows
that can be met at a share of 1e-9 or so (own choice)."""


def propose(problem: Problem, progress: Progress) -> Answer:
    """A change of several layers after which every region is straight and has its slack, or why there is none.

    Raises:
        UnsupportedModel: the network bends otherwise than at zero.
    """
    started = time.monotonic()
    return replace(_solved(problem, progress, started), seconds=time.monotonic() - started)


def _solved(problem: Problem, progress: Progress, started: float) -> Answer:
    straight, changed = Straight.of(problem), dict[str, Array]()
    graph, layers = problem.network.graph, _up_to(problem)
    programs = rows = 0
    together: dict[tuple[str, int], set[int]] = {}
    for at, layer in enumerate(layers):
        last = layer == problem.layer
        metric = problem.metric_of(layer) if problem.metric_of is not None else problem.metric
        later = {name for node in graph.after(each.output for each in layers[at + 1 :]) for name in node.outputs}
        held = None if last else [kink for kink in straight.kinks if kink.input not in later]
        now = replace(straight, graph=straight.graph.with_constants(changed))
        own = replace(problem, layer=layer, metric=metric, later_biases=last and problem.later_biases)
        for _ in range(TURNS):
            course = Course.of(own, progress, started, now, held)
            answer = course.run()
            if last or not isinstance(answer, Infeasible) or not _turn(course, now, together):
                break
            progress(f"{layer.name}: {len(together)} units so far take one side in regions in each other's way")
        if not isinstance(answer, Found):
            return answer
        changed |= answer.change.changed
        programs, rows = programs + answer.iterations, rows + answer.rows
    name = f"{layers[0].name} to {problem.layer.name}" if len(layers) > 1 else problem.layer.name
    return Found(change_of(problem, changed, name), programs, rows, 0.0)


def _turn(course: Course, straight: Straight, together: dict[tuple[str, int], set[int]]) -> bool:
    """Give units one side in all regions that clash over them, in place: that of the larger inputs at their vertices.

    Args:
        together: regions in which a unit, by its kink's input, has one side already; those that clash are added.

    Returns:
        Whether anything was added.
    """
    number = {int(point): at for at, region in enumerate(course.regions) for point in region}
    names = {kink.input: kink for kink in straight.kinks}
    most, clashing = max(course.clashing.values(), default=0.0), dict[tuple[str, int], set[int]]()
    for row, share in course.clashing.items():
        if row.tensor and share > CLASH * most:
            clashing.setdefault((row.tensor, row.outputs[0]), set()).add(number[row.point])
    grown = {key for key, regions in clashing.items() if not regions <= together.get(key, set())}
    values = course.values({})
    for tensor, unit in grown:
        together.setdefault((tensor, unit), set()).update(clashing[tensor, unit])
        points = np.concatenate([course.regions[at] for at in together[tensor, unit]])
        slopes = straight.feeds[slope_of(names[tensor])].reshape(len(straight.points), -1)
        slopes[points, unit] = 1.0 if values[tensor][points, unit].mean() >= 0 else names[tensor].below
    return bool(grown)


def _up_to(problem: Problem) -> list[LinearLayer]:
    """The layers that may be changed before the one that is asked for, in forward order, and that one."""
    network, wanted = problem.network, problem.layer
    return [
        layer
        for layer in linear_layers(network.graph)
        if layer == wanted
        or (
            layer.weight in network.parameters
            and not layer.shared_with
            and any(wanted.output in node.outputs for node in network.graph.after([layer.output]))
        )
    ]


METHOD = Method(
    propose=propose,
    says="a change of a layer and of those before it, after which the network is affine in each region",
    norms=("l2", "covariance", "l1-linf"),
    regions=True,
)

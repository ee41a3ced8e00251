"""Faults of known origin: made in a healthy graph, and kept only where they show in its outputs."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from netmend.core.errors import NetmendError
from netmend.network.edits import Edit, edited
from netmend.network.graph import Array, Graph
from netmend.repairs.conversion.distance import distance, size
from netmend.repairs.conversion.faults._base import Fault, evaluated

TRIES = 40

SHOWS = 1e-4
"""Least difference of an output, as a share of its largest number: ten times what float32 makes of the deepest networks
in the benchmark (own measurement: 1e-5 on MobileNetV2)."""


@dataclass(frozen=True, slots=True, eq=False)
class Injected:
    """A graph with one fault more.

    Attributes:
        node: first output of the node at fault.
    """

    graph: Graph
    edits: tuple[Edit, ...]
    node: str


def injected(graph: Graph, fault: Fault, chance: random.Random, inputs: Mapping[str, Array]) -> Injected | None:
    """A fault somewhere in a graph that still runs, with outputs of the same shapes that differ from the healthy ones.

    Args:
        inputs: on which it has to show.

    Returns:
        None where the type has no place in the graph, or shows in none that was drawn.
    """
    keep = [each.name for each in graph.outputs]
    right = evaluated(graph, inputs, keep)
    assert right is not None, "the healthy graph cannot be evaluated"
    for _ in range(TRIES):
        found = fault.inject(graph, chance)
        if found is None:
            continue
        edits, node = found
        try:
            faulty = edited(graph, edits)
        except (NetmendError, KeyError):
            continue
        if _shows(evaluated(faulty, inputs, keep), right):
            return Injected(faulty, edits, node)
    return None


def _shows(answers: Mapping[str, Array] | None, right: Mapping[str, Array]) -> bool:
    if answers is None or any(answers[name].shape != value.shape for name, value in right.items()):
        return False
    if not all(np.isfinite(value).all() for value in answers.values()):
        return False
    return any(distance(answers[name], value).largest > SHOWS * size(value).largest for name, value in right.items())

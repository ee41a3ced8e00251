"""What every method starts with and ends with: the points to mend and to keep after each other, and the patch."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from netmend.network.layers import linear_layers
from netmend.repairs.weights.block import block_of
from netmend.repairs.weights.methods._base import Problem, WeightChange
from netmend.repairs.weights.requirements._base import Array, Requirement
from netmend.repairs.weights.requirements.stacked import Stacked
from netmend.repairs.weights.specification import arrays, joined


@dataclass(frozen=True, slots=True, eq=False)
class Joint:
    """Points to mend, then points to keep.

    Attributes:
        feeds: inputs of the graph, by name. required: slack of each point, (N,).
        polytopes: those of the points to mend.
    """

    feeds: Mapping[str, Array]
    requirement: Requirement
    required: Array
    polytopes: tuple[range, ...] | None

    def __len__(self) -> int:
        return len(self.required)

    def missing(self, outputs: Array) -> Array:
        """By how much each point misses its slack, (N,); infinite where the network answers with no number."""
        missing: Array = np.maximum(self.required - self.requirement.slack(outputs), 0)
        missing[~np.isfinite(missing)] = np.inf
        return missing


def joint(problem: Problem) -> Joint:
    """The points of a problem, all of them."""
    parts = [problem.specification, *([problem.keep] if problem.keep is not None else [])]
    needed = [problem.required, *([problem.kept] if problem.kept is not None else [])]
    inputs = arrays(joined([part.inputs for part in parts]))
    first = problem.network.graph.inputs[0].name
    requirement = Stacked(tuple((part.requirement, len(part)) for part in parts))
    feeds = {name or first: array for name, array in inputs.items()}
    return Joint(feeds, requirement, np.concatenate(needed), problem.specification.polytopes)


def change_of(problem: Problem, constants: Mapping[str, Array], name: str = "") -> WeightChange:
    """The patch that these constants are, as they are stored.

    Args:
        name: what was changed, for a person; the layer if nothing is given.
    """
    stored, layer, network = problem.network.graph.constants, problem.layer, problem.network
    changed = {each: value for each, value in constants.items() if not np.array_equal(value, stored[each])}
    block = block_of(network.graph, layer, writable=network.parameters, later_biases=problem.later_biases)
    if not changed.keys() <= block.spread(block.nothing).keys():
        return _of_layers(problem, changed, name or layer.name)
    change = block.between(constants)
    weight = float(np.linalg.norm(stored[layer.weight].astype(np.float64)))
    norm = problem.metric.norm(change.matrix, change.biases)
    relative = float(np.linalg.norm(change.matrix)) / weight if weight else 0.0
    return WeightChange(network, changed, name or layer.name, norm, problem.metric.name, relative)


def _of_layers(problem: Problem, changed: Mapping[str, Array], name: str) -> WeightChange:
    """A change of other layers than the one asked for, whose norms differ: its size is the Euclidean one."""
    graph = problem.network.graph
    old = {each: graph.constants[each].astype(np.float64) for each in changed}
    moved = {each: value.astype(np.float64) - old[each] for each, value in changed.items()}
    weights = {layer.weight for layer in linear_layers(graph)} & changed.keys()

    def size(of: Mapping[str, Array]) -> float:
        return float(np.sqrt(sum(np.sum(of[each] ** 2) for each in weights)))

    relative = size(moved) / size(old) if weights and size(old) else 0.0
    norm = float(np.sqrt(sum(np.sum(each**2) for each in moved.values())))
    return WeightChange(problem.network, changed, name, norm, "l2", relative)

"""Where in a network a requirement is read: before a last softmax, sigmoid or ReLU that tells no more of classes.

Softmax keeps the order of its inputs and a sigmoid their side of 0.5, so the class is the same before them, while the
gradient after them vanishes for confident mistakes. After a last ReLU all of a point's outputs may be zero, without any
gradient; the wanted output exceeds the others there by a positive margin exactly if before the ReLU it exceeds them and
zero by that margin.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from netmend.network.graph import Graph
from netmend.repairs.weights.requirements._base import Requirement
from netmend.repairs.weights.requirements.labels import Labels

_PASSED = ("Identity", "Softmax", "LogSoftmax", "Flatten", "Relu")


@dataclass(frozen=True, slots=True)
class Outlet:
    """A tensor of a graph, and what is required of its values."""

    tensor: str
    requirement: Requirement


def outlet_of(graph: Graph, requirement: Requirement, outputs: int) -> Outlet:
    """Where to read what is required of the first output of a graph.

    Args:
        outputs: how many values a point has there.
    """
    tensor = graph.outputs[0].name
    if not isinstance(requirement, Labels):
        return Outlet(tensor, requirement)
    passed = ("Identity", "Sigmoid", "Flatten") if outputs == 1 else _PASSED
    while (node := graph.producer(tensor)) is not None and node.op in passed:
        if node.op == "Softmax" and requirement.rectified:
            break
        requirement = replace(requirement, rectified=requirement.rectified or node.op == "Relu")
        tensor = node.inputs[0]
        if node.op == "Relu":
            break
    return Outlet(tensor, requirement)

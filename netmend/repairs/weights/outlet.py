"""Where in a network a requirement is read: before a last softmax, sigmoid or ReLU that tells no more of classes.

Softmax keeps the order of its inputs and a sigmoid their side of 0.5, so the class is the same before them, while the
gradient after them vanishes for confident mistakes. After a last ReLU all of a point's outputs may be zero, without any
gradient; the wanted output exceeds the others there by a positive margin exactly if before the ReLU it exceeds them and
zero by that margin.

A single output tells its class by the side of a number on which it is (`netmend.repairs.weights.threshold`). It is read
before what squashes it; the second of two shares of softmax as two classes before that.

What a runtime answers comes after them. `logits` takes it back, so that one and the same requirement judges both.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from netmend.core.errors import UsageError
from netmend.network.graph import Graph, Node
from netmend.repairs.weights.requirements._base import Array, Requirement
from netmend.repairs.weights.requirements.labels import Labels
from netmend.repairs.weights.requirements.stacked import Stacked
from netmend.repairs.weights.threshold import LAYOUT, before_squashing, turning_point

if TYPE_CHECKING:
    from torch import Tensor

_PASSED = ("Softmax", "LogSoftmax", "Relu")


@dataclass(frozen=True, slots=True)
class Outlet:
    """A tensor of a graph, and what is required of its values."""

    tensor: str
    requirement: Requirement


def outlet_of(graph: Graph, requirement: Requirement, probe: Mapping[str, Tensor]) -> Outlet:
    """Where to read what is required of the first output of a graph.

    Args:
        probe: every tensor for two points, as `netmend.repairs.weights.window.probed` gives it.

    Raises:
        UsageError: classes are told by the side of 0.5 of a sigmoid, and what it is taken of cannot be read by points;
            or the parts of a requirement are read at different places.
    """
    tensor = graph.outputs[0].name
    if isinstance(requirement, Stacked):
        return _together(graph, requirement, probe)
    if not isinstance(requirement, Labels):
        return Outlet(tensor, requirement)
    outputs = probe[tensor].numel() // 2
    if outputs == 1:
        return _of_one(graph, tensor, requirement, probe)
    passed = ""
    while (node := graph.producer(tensor)) is not None and (node.op in LAYOUT or node.op in _PASSED):
        before = probe[node.inputs[0]]
        by_points = before.ndim > 0 and before.shape[0] == 2 and before.numel() == 2 * outputs
        if not by_points or (node.op in ("Softmax", "LogSoftmax") and not _over_all(graph, node, before, outputs)):
            break
        requirement = replace(requirement, rectified=requirement.rectified or node.op == "Relu")
        tensor = node.inputs[0]
        passed = node.op if node.op in _PASSED else passed
        if passed == "Relu":
            break
    return Outlet(tensor, requirement)


def _of_one(graph: Graph, tensor: str, requirement: Labels, probe: Mapping[str, Tensor]) -> Outlet:
    """Where to read a single output."""
    pair = _of_two(graph, tensor, probe)
    if pair:
        return Outlet(pair, requirement)
    value = turning_point(graph)
    read_at, threshold = before_squashing(graph, tensor, value, probe)
    if read_at == tensor and _last(graph) == "Sigmoid":
        hint = "write the network so that points come first before its last sigmoid, or state intervals"
        raise UsageError("the classes of this network cannot be read before its sigmoid", where=tensor, hint=hint)
    return Outlet(read_at, replace(requirement, threshold=threshold))


def _of_two(graph: Graph, tensor: str, probe: Mapping[str, Tensor]) -> str:
    """The two numbers of each point of whose softmax an output is the second share; empty if it is none."""
    import torch

    from netmend.network.evaluate import forward

    cut = tensor
    while (node := graph.producer(cut)) is not None and node.op in (*LAYOUT, "Slice", "Gather", "Split"):
        cut = node.inputs[0]
    value = probe[cut]
    if node is None or node.op != "Softmax" or value.shape[:1] != (2,) or not _over_all(graph, node, value, 2):
        return ""
    if value.numel() != 4:
        return ""
    picked = forward(graph, {cut: torch.arange(4.0).reshape(value.shape)}, keep=[tensor])[tensor]
    return node.inputs[0] if picked.reshape(-1).tolist() == [1, 3] else ""


def logits(graph: Graph, outputs: Array) -> Array:
    """What classes are told by: the greatest value of a point, or the sign of a single one.

    That is the logit of a sigmoid's single output, another one's distance from where it turns, and the logarithm of
    softmax, which differs from what softmax is taken of by the same number for all classes of a point. Zero and one
    stand for the numbers next to them, so that all is finite.

    Args:
        outputs: of a runtime, (N, C), in float64.
    """
    last = _last(graph)
    tiny, most = np.nextafter(0.0, 1.0), np.nextafter(1.0, 0.0)
    if outputs.shape[1] == 1 and last == "Sigmoid":
        shares = np.clip(outputs, tiny, most)
        odds: Array = np.log(shares) - np.log1p(-shares)
        return odds
    if outputs.shape[1] == 1:
        return outputs - turning_point(graph)
    if outputs.shape[1] > 1 and last == "Softmax":
        logarithms: Array = np.log(np.maximum(outputs, tiny))
        return logarithms
    return outputs


def read(graph: Graph, requirement: Requirement, outputs: Array) -> Array:
    """Outputs of a runtime, (N, C), as the requirement takes them: classes by their logits, all else as it is."""
    if isinstance(requirement, Stacked):
        return np.concatenate([read(graph, part, outputs[at]) for part, at in requirement.slices()])
    return logits(graph, outputs) if isinstance(requirement, Labels) else outputs


def _together(graph: Graph, requirement: Stacked, probe: Mapping[str, Tensor]) -> Outlet:
    outlets = [outlet_of(graph, part, probe) for part, _ in requirement.parts]
    tensors = {outlet.tensor for outlet in outlets}
    if len(tensors) > 1:
        what = f"classes are read before the last {_last(graph)} of this network, and all else at its outputs"
        raise UsageError(f"{what}: they cannot be required together", hint="state the classes as intervals as well")
    parts = zip(outlets, requirement.parts, strict=True)
    return Outlet(tensors.pop(), Stacked(tuple((outlet.requirement, points) for outlet, (_, points) in parts)))


def _last(graph: Graph) -> str:
    """The operator that computes the values of the first output; layout does not."""
    node = graph.producer(graph.outputs[0].name)
    while node is not None and node.op in (*LAYOUT, "Transpose"):
        node = graph.producer(node.inputs[0])
    return "" if node is None else node.op


def _over_all(graph: Graph, node: Node, value: Tensor, outputs: int) -> bool:
    """Whether one softmax takes all values of a point; before version 13 it took all axes from the stated one on."""
    axis = int(node.attributes.get("axis", -1 if graph.opset >= 13 else 1))
    together = value.shape[axis] if graph.opset >= 13 else value.shape[axis:].numel()
    return together == outputs

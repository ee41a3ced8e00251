"""A layer or group is normalised over other axes than in the source.

What it is:
    Layer normalisation begins at another axis, or the channels are divided into another number of groups.

How it is mended:
    Every axis and every number of groups that divides the channels is tried.

When it is wrong:
    Never on its own: an edit is kept only where it makes the outputs right.

References:
    onnx/tensorflow-onnx issue 1175.
"""

from __future__ import annotations

import random
from collections.abc import Iterator

from netmend.network.graph import Graph, Node
from netmend.repairs.conversion.faults._base import (
    EVERYWHERE,
    Case,
    Fault,
    Hypothesis,
    Injection,
    attribute_hypotheses,
    picked,
    set_attribute,
)


def _options(case: Case, node: Node) -> Iterator[tuple[str, int, int]]:
    value = case.read(node, 0)
    if value is None or value.ndim < 2:
        return
    if node.op in ("LayerNormalization", "RMSNormalization"):
        now = node.attributes.get("axis", -1)
        for axis in range(1, value.ndim):
            if axis != now % value.ndim:
                yield "axis", now, axis
    elif node.op == "GroupNormalization":
        for groups in range(1, value.shape[1] + 1):
            if value.shape[1] % groups == 0:
                yield "num_groups", int(node.attributes["num_groups"]), groups


def _alternatives(case: Case) -> Iterator[Hypothesis]:
    return attribute_hypotheses(case, _options)


def _inject(graph: Graph, chance: random.Random) -> Injection | None:
    normal = [node for node in graph.nodes if node.op in ("LayerNormalization", "RMSNormalization")]
    groups = [node for node in graph.nodes if node.op == "GroupNormalization"]
    options = [set_attribute(node, "axis", axis) for node in normal for axis in (-2, 1, 2)]
    return picked(
        chance, options + [set_attribute(node, "num_groups", count) for node in groups for count in (1, 2, 4)]
    )


fault = Fault("N4", "LH", EVERYWHERE, _alternatives, _inject)

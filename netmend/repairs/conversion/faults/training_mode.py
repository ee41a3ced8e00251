"""A batch normalisation uses the statistics of the batch, as in training.

What it is:
    Exported in training mode, the layer normalises by the mean and variance of whatever it is given, so an answer
    depends on the other inputs.

How it is mended:
    The layer is put into inference mode.

When it is wrong:
    Never on its own: an edit is kept only where it makes the outputs right.

References:
    microsoft/onnxruntime issue 3873; gmalivenko/pytorch2keras issue 70.
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


def _options(_: Case | None, node: Node) -> Iterator[tuple[str, int, int]]:
    if node.op == "BatchNormalization":
        now = node.attributes.get("training_mode", 0)
        yield "training_mode", now, 1 - now


def _alternatives(case: Case) -> Iterator[Hypothesis]:
    return (each for each in attribute_hypotheses(case, _options) if "is 1" in each.says)


def _inject(graph: Graph, chance: random.Random) -> Injection | None:
    return picked(
        chance, (set_attribute(node, name, value) for node in graph.nodes for name, _, value in _options(None, node))
    )


fault = Fault("N2", "LH", EVERYWHERE, _alternatives, _inject)

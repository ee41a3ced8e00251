"""A GRU applies its reset gate on the other side of the recurrent weights.

What it is:
    Keras' old GRU and ONNX's default reset the state before it is multiplied; cuDNN and PyTorch reset the product.
    The shapes are the same.

How it is mended:
    The flag `linear_before_reset` is turned.

When it is wrong:
    Never on its own: an edit is kept only where it makes the outputs right.

References:
    ONNX specification, GRU; microsoft/onnxscript issue 2852.
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
    if node.op == "GRU":
        now = node.attributes.get("linear_before_reset", 0)
        yield "linear_before_reset", now, 1 - now


def _alternatives(case: Case) -> Iterator[Hypothesis]:
    return attribute_hypotheses(case, _options)


def _inject(graph: Graph, chance: random.Random) -> Injection | None:
    return picked(
        chance, (set_attribute(node, name, value) for node in graph.nodes for name, _, value in _options(None, node))
    )


fault = Fault("G1", "LH", EVERYWHERE, _alternatives, _inject)

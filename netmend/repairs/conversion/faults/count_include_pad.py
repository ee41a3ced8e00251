"""The mean of a window counts padded zeros where the source does not, or the other way round.

What it is:
    An average pooling divides by the size of the window, or by the numbers of the image in it. Only windows at the
    border differ, by the ratio of the two.

How it is mended:
    The flag is turned.

When it is wrong:
    Never on its own: an edit is kept only where it makes the outputs right.

References:
    VeriSilicon/TIM-VX issue 423; PINTO0309/onnx2tf issue 124.
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
    if node.op == "AveragePool":
        now = node.attributes.get("count_include_pad", 0)
        yield "count_include_pad", now, 1 - now


def _alternatives(case: Case) -> Iterator[Hypothesis]:
    return attribute_hypotheses(case, _options)


def _inject(graph: Graph, chance: random.Random) -> Injection | None:
    return picked(
        chance, (set_attribute(node, name, value) for node in graph.nodes for name, _, value in _options(None, node))
    )


fault = Fault("S2", "LH", EVERYWHERE, _alternatives, _inject)

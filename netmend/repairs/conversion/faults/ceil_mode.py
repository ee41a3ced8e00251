"""The last, incomplete window of a pooling is kept where the source drops it, or the other way round.

What it is:
    With `ceil_mode` the number of windows is rounded up. The last row and column then come from windows that reach
    over the edge.

How it is mended:
    The flag is turned.

When it is wrong:
    Never on its own: an edit is kept only where it makes the outputs right.

References:
    pytorch/pytorch issues 99424 and 183528; microsoft/onnxruntime issue 16203; onnx/onnx issues 4958 and 5235.
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
    if node.op in ("AveragePool", "MaxPool"):
        now = node.attributes.get("ceil_mode", 0)
        yield "ceil_mode", now, 1 - now


def _alternatives(case: Case) -> Iterator[Hypothesis]:
    return attribute_hypotheses(case, _options)


def _inject(graph: Graph, chance: random.Random) -> Injection | None:
    return picked(
        chance, (set_attribute(node, name, value) for node in graph.nodes for name, _, value in _options(None, node))
    )


fault = Fault("S3", "LH", EVERYWHERE, _alternatives, _inject)

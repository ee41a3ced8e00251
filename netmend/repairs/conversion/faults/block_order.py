"""Channels are spread over an image, or gathered from it, in another order than in the source.

What it is:
    DepthToSpace (pixel shuffle) takes the channels of a block next to one another, or a whole image's worth apart:
    modes DCR and CRD.

How it is mended:
    The other mode is tried.

When it is wrong:
    Never on its own: an edit is kept only where it makes the outputs right.

References:
    ONNX specification, DepthToSpace.
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


def _options(_: Case | None, node: Node) -> Iterator[tuple[str, str, str]]:
    if node.op == "DepthToSpace":
        now = node.attributes.get("mode", "DCR")
        yield "mode", now, "CRD" if now == "DCR" else "DCR"


def _alternatives(case: Case) -> Iterator[Hypothesis]:
    return attribute_hypotheses(case, _options)


def _inject(graph: Graph, chance: random.Random) -> Injection | None:
    return picked(
        chance, (set_attribute(node, name, value) for node in graph.nodes for name, _, value in _options(None, node))
    )


fault = Fault("L4", "LH", EVERYWHERE, _alternatives, _inject)

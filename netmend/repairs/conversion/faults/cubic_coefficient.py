"""Images are resized by another cubic than in the source.

What it is:
    The kernel of cubic interpolation has a free number: -0.5 in TensorFlow and Pillow, -0.75 in PyTorch and OpenCV.

How it is mended:
    The other coefficient is tried.

When it is wrong:
    Never on its own: an edit is kept only where it makes the outputs right.

References:
    Keys, Cubic convolution interpolation, 1981; ONNX specification, Resize; pytorch/pytorch issue 183523.
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

COEFFICIENTS = (-0.75, -0.5, -1.0)


def _options(_: Case | None, node: Node) -> Iterator[tuple[str, float, float]]:
    if node.op == "Resize" and node.attributes.get("mode") == "cubic":
        now = node.attributes.get("cubic_coeff_a", -0.75)
        for other in COEFFICIENTS:
            if abs(other - now) > 1e-3:
                yield "cubic_coeff_a", now, other


def _alternatives(case: Case) -> Iterator[Hypothesis]:
    return attribute_hypotheses(case, _options)


def _inject(graph: Graph, chance: random.Random) -> Injection | None:
    return picked(
        chance, (set_attribute(node, name, value) for node in graph.nodes for name, _, value in _options(None, node))
    )


fault = Fault("R2", "LH", EVERYWHERE, _alternatives, _inject)

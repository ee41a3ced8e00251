"""A picture is resized in a way that the file's version or format has no setting for.

What it is:
    Old versions of ONNX resize by one rule only, and TFLite knows three. A converter that meets another rule takes the
    nearest that there is.

How it is mended:
    Resizing is linear and works on each axis by itself: it is a product with one constant matrix for each axis. The
    matrices are what the source's operators make of single entries.

When it is wrong:
    For large pictures the matrices cost more than the operator; where the format has the right setting, that is found
    first (`resize-mode`).

References:
    Any interpolation with fixed positions is a matrix (Unser, Splines, IEEE Signal Processing Magazine 16(6), 1999).
"""

from __future__ import annotations

import random
from collections.abc import Iterator

from netmend.network.graph import Graph
from netmend.repairs.conversion.faults._base import GRAPHS, Borrowed, Case, Fault, Hypothesis, Injection
from netmend.repairs.conversion.faults._matrices import as_matrices

RESIZES = ("Resize", "Upsample", "tflite:RESIZE_BILINEAR", "tflite:RESIZE_NEAREST_NEIGHBOR")


def _alternatives(case: Case) -> Iterator[Hypothesis]:
    node = next((node for node in case.nodes if node.op in RESIZES), next(iter(case.nodes), None))
    if node is not None and any(each.op in RESIZES for each in (node, *case.source_nodes)):
        for edit, axes in as_matrices(case):
            says = f"{node.op} {node.name!r} resizes by another rule; along {axes} it is a product with a matrix."
            yield Hypothesis((edit,), says, node.outputs[0], borrowed=Borrowed.KNOWN)


def _inject(graph: Graph, chance: random.Random) -> Injection | None:
    """None: what is injected of this kind has a setting (`resize-mode`)."""
    return None


fault = Fault("R2", "LH", GRAPHS, _alternatives, _inject)

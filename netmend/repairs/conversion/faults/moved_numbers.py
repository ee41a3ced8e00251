"""Numbers are averaged, padded, cut out or summed up by a rule that the target's format has no setting for.

What it is:
    A converter meets a window with dilations, padding that repeats the edge by more than one, a slice with steps, an
    average that does not count its padding, and takes the nearest that its format has.

How it is mended:
    All of these are linear and work on each axis by itself. So they are a product with one constant matrix for each
    axis. The matrices are what the source's operators make of single entries.

When it is wrong:
    For large pictures the matrices cost more than the operator. So this comes after everything else, where neither a
    setting nor a copy of the source's operators can be written.

References:
    Own observation: TensorFlow's and onnx2tf's conversions of such operators (docs/conversion-benchmark.md).
"""

from __future__ import annotations

import random
from collections.abc import Iterator

from netmend.network.graph import Graph
from netmend.repairs.conversion.faults._base import GRAPHS, Borrowed, Case, Fault, Hypothesis, Injection, plain
from netmend.repairs.conversion.faults._matrices import as_matrices

MOVING = (
    "AveragePool", "Pad", "Slice", "CumSum", "Resize", "Upsample", "Concat", "Split", "Gather", "Mul", "Div", "Conv",
    "Transpose", "Reshape", "Unsqueeze", "Squeeze", "Flatten", "Identity", "Shape", "Cast", "Constant",
)  # fmt: skip
"""Operators of which such stretches are made, among them those that exporters write around them."""


def _alternatives(case: Case) -> Iterator[Hypothesis]:
    if case.nodes and all(plain(node.op) in MOVING for node in case.source_nodes):
        node = case.nodes[0]
        for edit, axes in as_matrices(case):
            says = f"{node.op} {node.name!r} works by another rule; along {axes} it is a product with a matrix."
            yield Hypothesis((edit,), says, node.outputs[0], 0.5, borrowed=Borrowed.NODES)


def _inject(graph: Graph, chance: random.Random) -> Injection | None:
    """None: what is injected of this kind has a setting or can be copied."""
    return None


fault = Fault("O3", "LH", GRAPHS, _alternatives, _inject)

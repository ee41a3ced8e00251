"""The first fully connected layer reads the numbers of an image in another order than they were flattened in.

What it is:
    An image flattened with channels first is another vector than with channels last. The weights of the layer behind it
    have to be permuted with it.

How it is mended:
    The columns of the weight are permuted for every division of their number into channels and places, both ways.

When it is wrong:
    Never on its own: an edit is kept only where it makes the outputs right.

References:
    gzuidhof/nn-transfer issue 17.
"""

from __future__ import annotations

import random
from collections.abc import Iterator

from netmend.network.graph import Array, Graph, Node
from netmend.repairs.conversion.faults._base import EVERYWHERE, Case, Fault, Hypothesis, Injection, constant_edits
from netmend.repairs.conversion.faults._flattening import flattenings

FLATTENING = ("Flatten", "Reshape", "Squeeze", "tflite:RESHAPE", "tflite:SQUEEZE")
KEEPS_ORDER = ("Relu", "Dropout", "Identity", "Clip", "Cast", "tflite:RELU")
"""What may stand between the flattening and the layer."""


def _columns(graph: Graph, node: Node) -> tuple[Array, int] | None:
    """The stored weight of a fully connected layer, and the axis that reads its input."""
    if node.op not in ("Gemm", "MatMul", "tflite:FULLY_CONNECTED") or node.inputs[1] not in graph.constants:
        return None
    stored = graph.constants[node.inputs[1]]
    rows = node.op == "tflite:FULLY_CONNECTED" or node.attributes.get("transB", 0)
    return (stored, 1 if rows else 0) if stored.ndim == 2 else None


def _alternatives(case: Case) -> Iterator[Hypothesis]:
    for node in case.nodes:
        found = _columns(case.target, node)
        if found is None:
            continue
        stored, axis = found
        count = stored.shape[axis]
        for order in flattenings(count):
            places = int(order[1])
            says = (
                f"{node.op} {node.name!r} reads {count // places} x {places} numbers in the order of their transpose."
            )
            edits = constant_edits(case.target, node, 1, stored.take(order, axis))
            yield Hypothesis(edits, says, node.outputs[0])


def _inject(graph: Graph, chance: random.Random) -> Injection | None:
    places = []
    for node in graph.nodes:
        before = graph.producer(node.inputs[0]) if _columns(graph, node) else None
        while before is not None and before.op in KEEPS_ORDER:
            before = graph.producer(before.inputs[0])
        if before is not None and before.op in FLATTENING:
            places.append(node)
    if not places:
        return None
    node = chance.choice(places)
    found = _columns(graph, node)
    assert found is not None
    orders = list(flattenings(found[0].shape[found[1]]))
    if not orders:
        return None
    return constant_edits(graph, node, 1, found[0].take(chance.choice(orders), found[1])), node.outputs[0]


fault = Fault("L3", "TSS", EVERYWHERE, _alternatives, _inject)

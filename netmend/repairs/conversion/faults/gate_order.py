"""The gates of a recurrent layer are in another order than in the source.

What it is:
    ONNX keeps the gates of an LSTM as i o f c and of a GRU as z r h, PyTorch as i f g o and r z n, Keras as i f c o and
    z r h. Weights that are not put in order are the right numbers at the wrong gates.

How it is mended:
    Every order of the blocks of weights, recurrent weights and biases is tried, for all of them and for each alone.

When it is wrong:
    Never on its own: an edit is kept only where it makes the outputs right.

References:
    ONNX specification, LSTM and GRU; microsoft/onnxscript issue 2852; keras-team/keras issues 8720 and 15915.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from itertools import permutations

from netmend.network.edits import Edit, SetInput
from netmend.network.graph import Array, Graph, Node
from netmend.repairs.conversion.faults._base import EVERYWHERE, Case, Fault, Hypothesis, Injection, constant_edits

GATES = {"LSTM": 4, "GRU": 3}
APART = "tflite:UNIDIRECTIONAL_SEQUENCE_LSTM"


def _reordered(value: Array, gates: int, order: tuple[int, ...], halves: int) -> Array:
    """Blocks of the second axis in another order; biases hold two rows of blocks."""
    blocks = value.reshape(value.shape[0], halves, gates, -1, *value.shape[2:])
    return blocks.take(order, 2).reshape(value.shape)


def _edits(graph: Graph, node: Node, indices: tuple[int, ...], order: tuple[int, ...]) -> tuple[Edit, ...]:
    return tuple(
        edit
        for index in indices
        for edit in constant_edits(
            graph,
            node,
            index,
            _reordered(graph.constants[node.inputs[index]], GATES[node.op], order, 2 if index == 3 else 1),
        )
    )


def _exchanged(node: Node, order: tuple[int, ...]) -> tuple[Edit, ...]:
    """TFLite reads the weights of every gate as an input of their own."""
    return tuple(
        SetInput(node.outputs[0], first + place, node.inputs[first + gate])
        for first in (1, 5, 12)
        for place, gate in enumerate(order)
        if place != gate
    )


def _stored(graph: Graph, node: Node) -> tuple[int, ...]:
    """Where a layer reads stored weights, recurrent weights and biases."""
    places = range(1, min(4, len(node.inputs))) if node.op in GATES else ()
    return tuple(index for index in places if node.inputs[index] in graph.constants)


def _alternatives(case: Case) -> Iterator[Hypothesis]:
    for node in case.nodes:
        if node.op == APART and all(node.inputs[1:9]):
            for order in list(permutations(range(4)))[1:]:
                says = f"The gates of {node.op} {node.name!r} are exchanged; {list(order)} of them is right."
                yield Hypothesis(_exchanged(node, order), says, node.outputs[0])
        indices = _stored(case.target, node)
        for chosen in dict.fromkeys([indices, *((index,) for index in indices)] if indices else []):
            for order in list(permutations(range(GATES[node.op])))[1:]:
                says = f"The gates of {node.op} {node.name!r} are in the wrong order; {list(order)} of them is right."
                edits = _edits(case.target, node, chosen, order)
                yield Hypothesis(edits, says, node.outputs[0], 1.1 if chosen == indices else 1.0)


def _inject(graph: Graph, chance: random.Random) -> Injection | None:
    apart = [node for node in graph.nodes if node.op == APART and all(node.inputs[1:9])]
    if apart:
        node = chance.choice(apart)
        return _exchanged(node, chance.choice(list(permutations(range(4)))[1:])), node.outputs[0]
    places = [(node, _stored(graph, node)) for node in graph.nodes if _stored(graph, node)]
    if not places:
        return None
    node, indices = chance.choice(places)
    order = chance.choice(list(permutations(range(GATES[node.op])))[1:])
    return _edits(graph, node, chance.choice([indices, (chance.choice(indices),)]), order), node.outputs[0]


fault = Fault("G1", "WB", EVERYWHERE, _alternatives, _inject)

"""Batch normalisation was folded into a layer by a wrong formula.

What it is:
    A convolution and the batch normalisation behind it are one convolution with weight w s / sqrt(v + e) and bias
    (b - m) s / sqrt(v + e) + t. Converters have left out the layer's own bias, the mean, the root or the scale.

How it is mended:
    The known wrong formulas are compared with the target's numbers; where one fits, the layer is folded anew from the
    source.

When it is wrong:
    Where the layer's own bias and the means are zero, some formulas agree; the repair is the same.

References:
    pytorch/pytorch issues 166797, 168224 and 169178; microsoft/onnxscript pull request 3027; onnx/optimizer issue 133.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Mapping

import numpy as np

from netmend.network.edits import ReplaceNodes
from netmend.network.graph import Array, Graph, Node
from netmend.repairs.conversion.faults._base import EVERYWHERE, Borrowed, Case, Fault, Hypothesis, Injection, fresh
from netmend.repairs.conversion.faults._linear import Layer, held, layers, like, pairs, refolded, statistics

Statistics = tuple[Array, Array, Array, Array, float]

FORMULAS: Mapping[str, Callable[[Array, Array, Array, Array, Array, float], tuple[Array, Array]]] = {
    "the layer's own bias was left out": lambda b, s, t, m, v, e: (s / np.sqrt(v + e), t - m * s / np.sqrt(v + e)),
    "the layer's own bias was not scaled": lambda b, s, t, m, v, e: (
        s / np.sqrt(v + e),
        b + t - m * s / np.sqrt(v + e),
    ),
    "the mean was left out": lambda b, s, t, m, v, e: (s / np.sqrt(v + e), b * s / np.sqrt(v + e) + t),
    "the mean was added": lambda b, s, t, m, v, e: (s / np.sqrt(v + e), (b + m) * s / np.sqrt(v + e) + t),
    "the root was left out": lambda b, s, t, m, v, e: (s / (v + e), (b - m) * s / (v + e) + t),
    "the scale was left out": lambda b, s, t, m, v, e: (1 / np.sqrt(v + e), (b - m) / np.sqrt(v + e) + t),
    "the shift was left out": lambda b, s, t, m, v, e: (s / np.sqrt(v + e), (b - m) * s / np.sqrt(v + e)),
    "only the weight was folded": lambda b, s, t, m, v, e: (s / np.sqrt(v + e), b),
    "only the bias was folded": lambda b, s, t, m, v, e: (np.ones_like(s), (b - m) * s / np.sqrt(v + e) + t),
    "it was left out": lambda b, s, t, m, v, e: (np.ones_like(s), b),
}
"""What a converter may do: the layer's bias and the statistics to the factor of the weight, and the new bias."""

CLOSE = 1e-4
"""Largest difference between a formula and the stored numbers, as a share of their size (own choice)."""


def _alternatives(case: Case) -> Iterator[Hypothesis]:
    plain = {each.output: each for each in layers(case.source, case.source_nodes)}
    for ours, theirs in pairs(case):
        found = statistics(case.source, theirs.through[-1]) if len(theirs.through) == 2 else None
        if found is None:
            continue
        for says, weight, bias in _wrong(plain[theirs.through[0].outputs[0]], found):
            if _close(ours.weight.reshape(weight.shape), weight) and _close(ours.bias, bias):
                node = ours.through[0]
                sentence = f"Batch normalisation was folded into {node.name!r} wrongly: {says}."
                edits = refolded(case.target, node, theirs.weight, theirs.bias)
                yield Hypothesis(edits, sentence, node.outputs[0], 1.5, borrowed=Borrowed.KNOWN)
                break


def _wrong(layer: Layer, found: Statistics) -> Iterator[tuple[str, Array, Array]]:
    for says, formula in FORMULAS.items():
        factor, bias = formula(layer.bias, *found)
        yield says, layer.weight * factor.reshape(-1, *[1] * (layer.weight.ndim - 1)), bias


def _close(one: Array, other: Array) -> bool:
    return bool(np.abs(one - other).max(initial=0.0) <= CLOSE * max(float(np.abs(other).max(initial=0.0)), 1e-6))


def _inject(graph: Graph, chance: random.Random) -> Injection | None:
    places = []
    for layer in layers(graph, graph.nodes):
        users = graph.users(layer.output)
        found = statistics(graph, users[0]) if len(users) == 1 else None
        if found is not None and layer.through[0].op in ("Conv", "Gemm"):
            places.append((layer, users[0], found))
    if not places:
        return None
    layer, norm, found = chance.choice(places)
    # Where it is left out as a whole, an operator is missing, and nothing was folded wrongly.
    _, weight, bias = chance.choice(list(_wrong(layer, found))[:-1])
    node = layer.through[0]
    before = held(graph, node)
    stored = like(weight, node, before)
    assert stored is not None
    names = fresh(graph, f"{node.outputs[0]} folded weight"), fresh(graph, f"{node.outputs[0]} folded bias")
    made = Node(node.name, node.op, (node.inputs[0], *names), norm.outputs[:1], node.attributes)
    kind = before.dtype if before.dtype.kind == "f" else np.dtype(np.float32)
    constants = {names[0]: stored.astype(kind), names[1]: bias.astype(kind)}
    return (ReplaceNodes((node.outputs[0], norm.outputs[0]), (made,), constants),), norm.outputs[0]


fault = Fault("N3", "WB", EVERYWHERE, _alternatives, _inject)

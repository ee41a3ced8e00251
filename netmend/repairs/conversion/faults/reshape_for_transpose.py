"""A tensor is reshaped where it should be transposed.

What it is:
    Both give the shape that is asked for, and only one of them keeps the pixels together: a Reshape of an image from
    channels first to channels last scrambles it. It is seen most often at the input.

How it is mended:
    Every Reshape that keeps the lengths of the axes is replaced by every Transpose of the same shape.

When it is wrong:
    Never on its own: an edit is kept only where it makes the outputs right.

References:
    onnx/tensorflow-onnx issue 993; FetaFix (Louloudakis et al., EASE 2025), fault type input dimensions.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from itertools import permutations

import numpy as np

from netmend.network.edits import ReplaceNodes
from netmend.network.graph import Graph, Node
from netmend.repairs.conversion.faults._base import GRAPHS, Case, Fault, Hypothesis, Injection, fresh, plain

MOST_AXES = 5


def _alternatives(case: Case) -> Iterator[Hypothesis]:
    for node in case.nodes:
        value, made = case.read(node, 0), case.inner.get(node.outputs[0])
        if plain(node.op) != "Reshape" or value is None or made is None or value.ndim > MOST_AXES:
            continue
        key = node.outputs[0]
        for order in permutations(range(value.ndim)):
            if order != tuple(range(value.ndim)) and tuple(value.shape[axis] for axis in order) == made.shape:
                other = Node(node.name, "Transpose", node.inputs[:1], node.outputs, {"perm": list(order)})
                says = f"Reshape {node.name!r} stands where a Transpose to {list(order)} is right."
                recipe = f"Or transpose the input to {list(order)} before it is fed." if case.inputs else ""
                yield Hypothesis((ReplaceNodes((key,), (other,)),), says, key, 1.1, recipe)


def _inject(graph: Graph, chance: random.Random) -> Injection | None:
    given = {each.name: each.shape for each in graph.inputs}
    places = [
        node
        for node in graph.nodes
        if node.op == "Transpose"
        and None not in given.get(node.inputs[0], (None, None))[1:]
        and node.attributes.get("perm")
    ]
    if places:
        node = chance.choice(places)
        shape = given[node.inputs[0]]
        order = node.attributes["perm"]
        if order[0] != 0:
            return None
        name = fresh(graph, f"{node.outputs[0]} shape")
        made = Node(node.name, "Reshape", (node.inputs[0], name), node.outputs)
        sizes = np.array([0, *(shape[axis] for axis in order[1:])], np.int64)
        return (ReplaceNodes((node.outputs[0],), (made,), {name: sizes}),), node.outputs[0]
    return _round_trip(graph, given, chance)


def _round_trip(graph: Graph, given: dict[str, tuple[int | None, ...]], chance: random.Random) -> Injection | None:
    """An image taken to channels last by a Reshape, and back by a Transpose, as converters put in front."""
    images = [name for name, shape in given.items() if len(shape) == 4 and None not in shape[1:] and graph.users(name)]
    if not images:
        return None
    image = chance.choice(images)
    shape = given[image]
    reshaped, back, sizes = (fresh(graph, f"{image} {what}") for what in ("channels last", "channels first", "shape"))
    users = graph.users(image)
    rewired = tuple(
        Node(
            user.name,
            user.op,
            tuple(back if each == image else each for each in user.inputs),
            user.outputs,
            user.attributes,
        )
        for user in users
    )
    made = (
        Node(reshaped, "Reshape", (image, sizes), (reshaped,)),
        Node(back, "Transpose", (reshaped,), (back,), {"perm": [0, 3, 1, 2]}),
    )
    constants = {sizes: np.array([0, shape[2], shape[3], shape[1]], np.int64)}
    return (ReplaceNodes(tuple(user.outputs[0] for user in users), (*made, *rewired), constants),), reshaped


fault = Fault("P3", "ID", GRAPHS, _alternatives, _inject)

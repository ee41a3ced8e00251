"""What an edit puts between the input and a Keras model, as a layer in front: another scale, or order of axes."""

from __future__ import annotations

import tempfile
from dataclasses import replace
from itertools import permutations
from pathlib import Path
from typing import Any

import numpy as np

from netmend.core.errors import Inexpressible
from netmend.network.backends._base import package
from netmend.network.backends._fx import CLOSE
from netmend.network.evaluate import as_tensor, forward
from netmend.network.graph import Array, Graph
from netmend.network.random_inputs import random_inputs


def without_front(old: Graph, new: Graph) -> tuple[str, Graph]:
    """The tensor that new nodes make of the input alone and that is read in its place; and the graph without them.

    The name is empty where there is none, as in networks with several inputs.
    """
    if len(new.inputs) > 1:
        return "", new
    name = new.inputs[0].name
    before = {node.outputs[0] for node in old.nodes}
    known, front = {"", name, *new.constants}, []
    for node in new.nodes:
        if node.outputs[0] not in before and known.issuperset(node.inputs):
            front.append(node)
            known.update(node.outputs)
    made = {each for node in front for each in node.outputs}
    rest = [node for node in new.nodes if node not in front]
    read = {each for node in rest for each in node.inputs if each in made}
    if len(read) != 1:
        return "", new
    nodes = tuple(replace(node, inputs=tuple(name if each in read else each for each in node.inputs)) for node in rest)
    return read.pop(), replace(new, nodes=nodes)


def in_front(model: Any, graph: Graph, tensor: str) -> bytes:
    """A `.keras` file of a model with a layer in front that makes a tensor of the graph out of the input.

    Raises:
        Inexpressible: it is neither another scale of each channel nor another order of axes.
    """
    keras = package("keras", "Keras networks")
    inputs = random_inputs(graph, rows=8)
    (given,) = inputs.values()
    wanted = forward(graph, {graph.inputs[0].name: as_tensor(given)}, keep=[tensor])[tensor].numpy()
    layer = _layer(keras, given, wanted)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model.keras"
        keras.Sequential([keras.Input(given.shape[1:]), layer, model]).save(path)
        return path.read_bytes()


def _layer(keras: Any, given: Array, wanted: Array) -> Any:
    if given.shape == wanted.shape:
        rows = given.reshape(-1, given.shape[-1]).astype(np.float64), wanted.reshape(-1, given.shape[-1])
        scale = np.array([np.polyfit(rows[0][:, place], rows[1][:, place], 1) for place in range(given.shape[-1])])
        if _alike(given * scale[:, 0] + scale[:, 1], wanted):
            return keras.layers.Rescaling(scale[:, 0].tolist(), scale[:, 1].tolist())
    for order in permutations(range(1, given.ndim)):
        if given.ndim == wanted.ndim and _alike(given.transpose(0, *order), wanted):
            return keras.layers.Permute(order)
    raise Inexpressible(
        "no layer of Keras in front of the model does what the edits do to its input",
        hint="prepare the inputs so, or change the code that builds the model",
    )


def _alike(one: Array, other: Array) -> bool:
    return one.shape == other.shape and bool(np.abs(one - other).max() <= CLOSE * np.abs(other).max())

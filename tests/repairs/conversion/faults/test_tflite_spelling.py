"""Stretches of ONNX operators said for TFLite answer as they did."""

import numpy as np
import pytest

from netmend.network.backends._tflite_standard import in_tflite
from netmend.network.evaluate import as_tensor, forward, run
from netmend.network.graph import Graph, Node, Signature
from netmend.repairs.conversion.faults._tflite_spelling import for_tflite
from netmend.repairs.conversion.faults._versions import Stretch

OPSET = 20
X = np.random.default_rng(0).normal(size=(4, 5, 6))
PLACES = np.random.default_rng(1).integers(-6, 6, (4, 5, 3))
VOLUMES = np.random.default_rng(3).normal(size=(4, 2, 3, 4, 5))
NUMBERS = np.random.default_rng(2).normal(size=(4, 5, 3))
CASES = {
    "the largest along an inner axis": ([Node("t", "TopK", ("x", "k"), ("y", ""), {"axis": 1})], {"k": np.array([2])}),
    "all, where their number is computed": (
        [
            Node("s", "Shape", ("x",), ("s",)),
            Node("g", "Gather", ("s", "last"), ("g",), {"axis": 0}),
            Node("y", "TopK", ("x", "g"), ("y", "order"), {"axis": 2}),
        ],
        {"last": np.array([2])},
    ),
    "a transposed convolution of volumes": (
        [
            Node(
                "y",
                "ConvTranspose",
                ("volumes", "kernel", "bias"),
                ("y",),
                {"strides": [2, 1, 2], "pads": [1, 0, 1, 1, 1, 0], "output_padding": [1, 0, 1]},
            )
        ],
        {"kernel": np.random.default_rng(4).normal(size=(2, 3, 3, 3, 2)), "bias": np.array([1.0, -2.0, 0.5])},
    ),
    "sums of scattered numbers on zeros": (
        [
            Node("c", "CastLike", ("zero", "x"), ("c",)),
            Node("s", "Shape", ("x",), ("s",)),
            Node("e", "Expand", ("c", "s"), ("e",)),
            Node("y", "ScatterElements", ("e", "places", "numbers"), ("y",), {"axis": -1, "reduction": "add"}),
        ],
        {"zero": np.array(0)},
    ),
}


def stretched(nodes, constants):
    """The stretch, what it is fed, and every tensor of it."""
    given = {"x": X, "places": PLACES, "numbers": NUMBERS, "volumes": VOLUMES}
    read = {name for node in nodes for name in node.inputs}
    takes = tuple(
        Signature(name, (None, *each.shape[1:]), str(each.dtype)) for name, each in given.items() if name in read
    )
    graph = Graph(tuple(nodes), constants, takes, (Signature("y", (), "float32"),), OPSET)
    feeds = {each.name: given[each.name] for each in takes}
    tensors = forward(graph, {name: as_tensor(each) for name, each in feeds.items()}, keep="all")
    return graph, feeds, {**feeds, **{name: each.numpy() for name, each in tensors.items()}}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_it_answers_alike_and_has_operators_of_tflite_alone(case):
    graph, feeds, known = stretched(*case)
    said = for_tflite(Stretch(graph.nodes, dict(graph.constants)), known.get, ["y"])
    made = in_tflite(Graph(said.nodes, said.constants, graph.inputs, graph.outputs, OPSET))
    assert all(node.op.startswith("tflite:") for node in made.nodes)
    np.testing.assert_allclose(run(made, feeds)["y"], known["y"], atol=1e-7)
    fewer = {name: each[:1] for name, each in feeds.items()}
    np.testing.assert_allclose(run(made, fewer)["y"], known["y"][:1], atol=1e-7)


def test_what_the_stretch_must_make_is_not_stored():
    graph, _, known = stretched([Node("y", "Shape", ("x",), ("y",))], {})
    assert for_tflite(Stretch(graph.nodes, {}), known.get, ["y"]).nodes == graph.nodes


def test_what_is_not_known_stays_as_it_is():
    nodes = (Node("y", "ScatterElements", ("x", "places", "numbers"), ("y",), {"axis": 1, "reduction": "add"}),)
    assert for_tflite(Stretch(nodes, {}), {"x": X}.get, ["y"]).nodes == nodes
    assert for_tflite(Stretch(nodes, {}), {}.get, ["y"]).nodes == nodes

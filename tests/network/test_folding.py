import numpy as np

from netmend.network.evaluate import run
from netmend.network.folding import folded
from netmend.network.graph import Graph, Node, Signature

X = np.random.default_rng(0).standard_normal((3, 4, 2)).astype(np.float32)
HELD = {
    "bias": np.array([1.0, -2.0], np.float32),
    "shared": np.array([3.0, 4.0], np.float32),
    "one": np.array([1]),
    "two": np.array([2]),
}
NODES = (
    Node("shape", "Concat", ("one", "one", "two"), ("shape",), {"axis": 0}),
    Node("view", "Reshape", ("bias", "shape"), ("view",)),
    Node("add", "Add", ("x", "view"), ("added",)),
    Node("same", "Reshape", ("shared", "shape"), ("same",)),
    Node("mul", "Mul", ("added", "same"), ("scaled",)),
    Node("sub", "Sub", ("scaled", "shared"), ("y",)),
)
GRAPH = Graph(NODES, HELD, (Signature("x", (None, 4, 2), "float32"),), (Signature("y", (None, 4, 2), "float32"),), 18)


def test_shapes_are_computed_and_a_parameter_takes_the_shape_in_which_it_is_read():
    found = folded(GRAPH, {"bias", "shared"})
    assert [node.name for node in found.nodes] == ["add", "same", "mul", "sub"]
    assert found.nodes[0].inputs == ("x", "bias") and found.constants["bias"].shape == (1, 1, 2)
    assert np.array_equal(run(found, {"x": X})["y"], run(GRAPH, {"x": X})["y"])


def test_a_parameter_that_is_read_in_two_shapes_stays_as_it_is_stored():
    assert folded(GRAPH, {"bias", "shared"}).constants["shared"].shape == (2,)


def test_what_is_computed_from_real_numbers_stays():
    nodes = (Node("sum", "Add", ("bias", "shared"), ("sum",)), Node("add", "Add", ("x", "sum"), ("y",)))
    graph = Graph(nodes, HELD, GRAPH.inputs, GRAPH.outputs, 18)
    assert folded(graph, set()).nodes == nodes

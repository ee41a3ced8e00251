"""A setting that the network computes gets a constant of its own where it is changed."""

import numpy as np

from netmend.network.edits import edited
from netmend.network.evaluate import run
from netmend.network.graph import Graph, Node, Signature
from netmend.repairs.conversion.faults._base import constant_edits


def test_a_turn_by_an_order_that_is_put_together_is_turned_otherwise():
    """As Keras on TensorFlow spells the product of a dense layer and rows of rows."""
    nodes = (
        Node("o", "tflite:CONCATENATION", ("first", "rest"), ("order",), {"axis": 0}),
        Node("t", "tflite:TRANSPOSE", ("x", "order"), ("y",)),
    )
    constants = {"first": np.array([0], np.int32), "rest": np.array([1, 2], np.int32)}
    shapes = (Signature("x", (None, 4, 4), "float32"),), (Signature("y", (None, 4, 4), "float32"),)
    graph = Graph(nodes, constants, *shapes, 20)
    changed = edited(graph, constant_edits(graph, nodes[1], 1, np.array([0, 2, 1])))
    rows = np.random.default_rng(0).normal(size=(6, 4, 4)).astype(np.float32)
    np.testing.assert_allclose(run(changed, {"x": rows})["y"], rows.transpose(0, 2, 1), rtol=1e-6)
    assert changed.constants[changed.producer("y").inputs[1]].dtype == np.int32

"""A network made for one input gives every row of many the answer it gave alone."""

import numpy as np
import pytest

from netmend.core.errors import UnsupportedModel
from netmend.network.batch import with_free_batch
from netmend.network.evaluate import run
from netmend.network.graph import Graph, Node, Signature


def alone_and_together(graph, rows):
    free = with_free_batch(graph)
    alone = np.stack([run(graph, {"x": row})["y"] for row in rows])
    together = run(free, {"x": rows.reshape(len(rows), *free.inputs[0].shape[1:])})["y"]
    return alone.reshape(together.shape), together


def test_a_plain_vector_gets_a_batch_axis_and_a_product_from_the_left_is_turned_round():
    random = np.random.default_rng(0)
    nodes = (Node("m", "MatMul", ("w", "x"), ("p",)), Node("s", "Add", ("p", "b"), ("y",)))
    constants = {"w": random.normal(size=(3, 4)), "b": random.normal(size=3)}
    graph = Graph(nodes, constants, (Signature("x", (4,), "float64"),), (Signature("y", (3,), "float64"),), 10)
    assert with_free_batch(graph).inputs[0].shape == (None, 4)
    assert np.allclose(*alone_and_together(graph, random.normal(size=(5, 4))))


@pytest.mark.parametrize("target", [[1, 6], [1, -1]])
def test_a_reshape_to_one_row_follows_the_batch(target):
    nodes = (Node("r", "Reshape", ("x", "shape"), ("y",)),)
    x, y = Signature("x", (1, 2, 3), "float64"), Signature("y", (1, 6), "float64")
    graph = Graph(nodes, {"shape": np.array(target)}, (x,), (y,), 18)
    assert np.allclose(*alone_and_together(graph, np.arange(24.0).reshape(4, 1, 2, 3)))


def test_a_plain_vector_that_is_sorted_out_by_axes_is_refused():
    nodes = (Node("soft", "Softmax", ("x",), ("y",), {"axis": 0}),)
    graph = Graph(nodes, {}, (Signature("x", (4,), "float32"),), (Signature("y", (4,), "float32"),), 18)
    with pytest.raises(UnsupportedModel, match="Softmax"):
        with_free_batch(graph)


def test_a_network_with_a_free_batch_is_left_alone():
    graph = Graph((), {}, (Signature("x", (None, 4), "float32"),), (), 18)
    assert with_free_batch(graph) is graph

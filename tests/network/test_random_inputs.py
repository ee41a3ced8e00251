"""Inputs made up for a network: of its types and lengths, and the same each time."""

import numpy as np
import pytest

from netmend.network.graph import Graph, Signature
from netmend.network.random_inputs import random_inputs


@pytest.mark.parametrize(("asked", "taken", "made"), [(None, None, 2), (None, 8, 8), (5, 8, 5)])
def test_there_are_as_many_rows_as_asked_for_or_as_the_file_takes(asked, taken, made):
    inputs = Signature("x", (None, 3, None), "float32"), Signature("t", (None, 6), "int64")
    found = random_inputs(Graph((), {}, inputs, (), 18, rows=taken), asked)
    assert {name: (value.shape, value.dtype) for name, value in found.items()} == {
        "x": ((made, 3, 4), np.float32),
        "t": ((made, 6), np.int64),
    }
    assert (found["t"] >= 0).all()


def test_they_are_the_same_each_time():
    graph = Graph((), {}, (Signature("x", (None, 3), "float32"),), (), 18)
    assert np.array_equal(random_inputs(graph)["x"], random_inputs(graph)["x"])

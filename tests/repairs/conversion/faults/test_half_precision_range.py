"""Of numbers beside one another only those that do not fit leave the range."""

import random

import numpy as np

from netmend.network.edits import edited
from netmend.network.graph import Graph, Node, Signature
from netmend.repairs.conversion.faults._base import faults


def adding(numbers):
    ends = Signature("x", (None, len(numbers)), "float32"), Signature("y", (None, len(numbers)), "float32")
    held = {"b": np.array(numbers, np.float32)}
    return Graph((Node("n", "Add", ("x", "b"), ("y",)),), held, ends[:1], ends[1:], 18)


def test_numbers_that_fit_keep_all_their_digits():
    graph = adding([1e-12, 0.1234567, -1e9])
    edits, node = faults()["half-precision-range"].value.inject(graph, random.Random(0))
    np.testing.assert_array_equal(edited(graph, edits).constants["b"], np.float32([0, 0.1234567, -65504]))
    assert node == "y"


def test_where_all_numbers_fit_there_is_no_place():
    assert faults()["half-precision-range"].value.inject(adding([0.0, 0.1, 65504.0]), random.Random(0)) is None

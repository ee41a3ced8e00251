"""Stored integers behind DequantizeLinear, and the numbers that they stand for."""

import numpy as np
import pytest

from netmend.network.graph import Graph, Node
from netmend.repairs.conversion.codes import codes_of, limits

SCALE = np.array([0.5, 0.25, 2], np.float32)


def graph(scale, zero, codes=None, nodes=(), **attributes):
    held = {"w": np.arange(-6, 6, dtype=np.int8).reshape(3, 4) if codes is None else codes, "s": scale, "z": zero}
    node = Node("d", "DequantizeLinear", ("w", "s", "z"), ("r",), attributes)
    return Graph((*nodes, node), held, (), (), 21)


def test_integers_stand_for_numbers_along_an_axis():
    found = codes_of(graph(SCALE, np.array([1, 0, -1], np.int8), axis=0), "r")
    np.testing.assert_array_equal(found.values[1], np.arange(-2, 2) * 0.25)
    np.testing.assert_array_equal(found.values[2], (np.arange(2, 6) + 1) * 2)
    np.testing.assert_array_equal(found.nearest(found.values), found.codes)
    assert found.nearest(found.values + 1e6).max() == 127 and found.nearest(found.values).dtype == np.int8


def test_integers_stand_for_numbers_in_blocks():
    scale = np.array([[1, 2, 3, 4], [10, 20, 30, 40]], np.float32)
    found = codes_of(graph(scale, np.zeros((2, 4), np.int8), axis=0, block_size=2), "r")
    np.testing.assert_array_equal(found.values[:2], np.arange(-6, 2).reshape(2, 4) * scale[0])
    np.testing.assert_array_equal(found.values[2], np.arange(2, 6) * scale[1])


def test_the_scale_of_a_bias_is_a_product():
    made = Node("m", "Mul", ("a", "s"), ("p",))
    node = Node("d", "DequantizeLinear", ("w", "p"), ("r",), {"axis": 0})
    held = {"w": np.array([4, 8, 2], np.int32), "s": SCALE, "a": np.float32(0.5)}
    found = codes_of(Graph((made, node), held, (), (), 21), "r")
    np.testing.assert_array_equal(found.values, [1, 1, 2])


def test_other_tensors_have_none():
    zero = np.zeros(3, np.int8)
    assert codes_of(graph(SCALE, zero, axis=0), "w") is None
    assert codes_of(graph(SCALE, zero, axis=1), "r") is None, "three scales for four columns"
    assert codes_of(graph(np.float32([0, 1, 1]), zero, axis=0), "r") is None, "a step of nothing"


@pytest.mark.parametrize(("kind", "ends"), [("int8", (-128, 127)), ("uint4", (0, 15)), ("int4", (-8, 7))])
def test_types_have_their_ends(kind, ends):
    assert limits(kind) == ends

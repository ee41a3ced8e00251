"""Cells are drawn the same way every time, and their faults lie apart from one another."""

import pytest

from bench.conversion.cell import _neighbours
from bench.conversion.plan import _dealt, cells
from bench.conversion.subjects import SUBJECTS
from netmend.network.graph import Graph, Node, Signature

pytest.importorskip("onnxruntime")
pytest.importorskip("torch")
pytestmark = pytest.mark.torch

TINY = {"flattened": SUBJECTS["flattened"]}


def test_cells_have_keys_of_their_own_that_do_not_change():
    first, second = ([tuple(cell.key.values()) for cell in cells(TINY, 2)] for _ in range(2))
    assert first == second and len(set(first)) == len(first)
    assert any(not key[2] for key in first) and any(key[2] == "3 faults" for key in first)


def test_several_faults_touch_different_nodes():
    cell = next(cell for cell in cells(TINY, 1) if cell.count == 3)
    case = cell.case()
    assert case is not None and len(case.faults) == 3
    assert not any(one & other for at, one in enumerate(case.touched) for other in case.touched[:at])


def test_a_further_type_of_fault_leaves_the_order_of_the_others_as_it_is():
    names = [f"type {place}" for place in range(30)]
    before, after = _dealt(names, "a cell"), _dealt([*names, "a new one"], "a cell")
    assert tuple(name for name in after if name != "a new one") == before != tuple(names)
    assert _dealt(names, "another") != before


def test_what_was_put_in_lies_between_its_neighbours():
    ends = (Signature("x", (None, 4), "float32"),), (Signature("y", (None, 4), "float32"),)
    chain = [Node(name, "Relu", (read,), (name,)) for read, name in (("x", "a"), ("a", "b"), ("b", "y"))]
    before = Graph(tuple(chain), {}, *ends, 18)
    put = [chain[0], Node("new", "Tanh", ("a",), ("new",)), Node("b", "Relu", ("new",), ("b",)), chain[2]]
    after = Graph(tuple(put), {}, *ends, 18)
    assert _neighbours(before, after, {"new", "b"}, operators=False) == {"a", "b"}
    assert _neighbours(before, after, {"new", "b"}, operators=True) == {"a", "b", "y"}
    assert _neighbours(before, before, {"b"}, operators=False) == set()

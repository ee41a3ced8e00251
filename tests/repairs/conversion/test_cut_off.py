"""A tensor is known by what its grid leaves of it."""

import numpy as np
import pytest

from netmend.network.graph import Graph, Node
from netmend.network.quantisation import Scheme
from netmend.repairs.conversion.cut_off import cut_off
from netmend.repairs.conversion.known import Known
from netmend.repairs.conversion.segments import Correspondence, Match
from netmend.testing.graphs import small_graph

VALUE = np.random.default_rng(0).normal(0, 1, (4, 40))


@pytest.mark.parametrize(
    ("zero", "top", "expected"),
    [(0, 2.2, "m"), (-128, 2.2, "r"), (0, 0.5, None), (-128, 0.5, None)],
    ids=["both signs", "from zero on", "half of it", "half of it from zero on"],
)
def test_a_tensor_is_that_before_its_grid_or_behind_an_activation(zero, top, expected):
    value = VALUE / np.abs(VALUE).max() * 2.6
    source = small_graph([("Neg", "x", "m"), ("Relu", "m", "r"), ("Neg", "r", "y")], {"x": [None, 40]}, ["y"], {})
    values = {"x": -value, "m": value, "r": np.maximum(value, 0), "y": -np.maximum(value, 0)}
    grid = Scheme(np.float32([top / (127 - zero)]), np.array([zero]), "int8")
    nodes = (
        Node("q", "QuantizeLinear", ("t", "s", "z"), ("q",)),
        Node("d", "DequantizeLinear", ("q", "s", "z"), ("d",)),
    )
    target = Graph(nodes, {}, (), (), 18, {"d": grid})
    matches = {"t": Match(Correspondence("t", "m"), "value", 0.0)}
    found = cut_off(target, nodes[1], grid.values(grid.codes(value)), matches, Known(source, values, 4), 0.02)
    assert (None if found is None else (found.target, found.source)) == (None if expected is None else ("d", expected))


def test_what_is_not_known_before_its_grid_is_not_known_behind_it():
    node = Node("d", "DequantizeLinear", ("q", "s", "z"), ("d",))
    source = small_graph([("Neg", "x", "y")], {"x": [None, 40]}, ["y"], {})
    known = Known(source, {"x": VALUE, "y": -VALUE}, 4)
    assert cut_off(Graph((node,), {}, (), (), 18), node, VALUE, {}, known, 0.02) is None

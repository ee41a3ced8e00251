"""Regions that one layer cannot straighten, repaired by changing layer after layer."""

from itertools import pairwise

import numpy as np
import pytest

from netmend.network.layers import linear_layers
from netmend.repairs.weights.certify import Level, check_points
from netmend.repairs.weights.methods import polytopes
from netmend.repairs.weights.methods._base import Found, Problem
from netmend.repairs.weights.methods.shift_and_assert import propose
from netmend.repairs.weights.metric import Metric
from netmend.repairs.weights.specification import Labels, Specification

pytest.importorskip("torch")
pytestmark = pytest.mark.torch


def quiet(said):
    assert said


@pytest.fixture
def deep(write_onnx):
    """Three layers with ReLUs between."""
    random = np.random.default_rng(1)
    widths, nodes, constants, at = (3, 12, 12, 3), [], {}, "x"
    for index, (before, after) in enumerate(pairwise(widths)):
        weight = random.normal(size=(after, before)) * np.sqrt(2 / before)
        constants |= {f"fc{index}.weight": weight.astype(np.float32), f"fc{index}.bias": np.zeros(after, np.float32)}
        nodes.append(("Gemm", [at, f"fc{index}.weight", f"fc{index}.bias"], [f"z{index}"], {"transB": 1}))
        at = f"z{index}"
        if index < 2:
            nodes.append(("Relu", [at], [f"a{index}"]))
            at = f"a{index}"
    return write_onnx(nodes, {"x": [None, 3]}, {at: [None, 3]}, constants)


def boxes(network, middles, side=0.3):
    corners = np.array(np.meshgrid(*[(-side, side)] * 3)).reshape(3, -1).T
    points = np.concatenate([middle + corners for middle in middles]).astype(np.float32)
    wanted = (network.run(np.asarray(middles, np.float32)).argmax(axis=1) + 1) % 3
    regions = tuple(range(8 * at, 8 * at + 8) for at in range(len(middles)))
    return Specification(points, Labels(np.repeat(wanted, 8), 1e-3), regions)


def problem(network, specification, layer):
    required = np.full(len(specification), 1.01e-3)
    return Problem(network, specification, linear_layers(network.graph)[layer], Metric(), "z2", required)


def test_regions_that_the_last_layer_cannot_straighten_are_repaired_through_all_layers(deep):
    specification = boxes(deep, np.random.default_rng(3).normal(size=(3, 3)))
    assert not isinstance(polytopes.propose(problem(deep, specification, 2), quiet), Found)
    found = propose(problem(deep, specification, 2), quiet)
    assert isinstance(found, Found) and "fc0 to fc2" in found.change.describe()
    assert {"fc0.weight", "fc2.weight"} <= set(found.change.changed)
    checked = check_points(deep, specification, Level.DEPLOYED, found.change.changed)
    assert checked.regions == 3 and checked.holds.all()
    weights = np.random.default_rng(0).dirichlet(np.ones(8), 300)
    for number, region in enumerate(specification.polytopes):
        within = (weights @ specification.inputs[region.start : region.stop]).astype(np.float32)
        answers = deep.run(within, found.change.changed).argmax(axis=1)
        assert np.all(answers == specification.requirement.labels[8 * number])


def test_boxes_that_overlap_take_one_side_where_no_change_can_part_them(deep):
    middle = np.random.default_rng(5).normal(size=3)
    specification = boxes(deep, [middle, middle + 0.2, middle - 0.2])
    labels = np.zeros(24, np.int64) + specification.requirement.labels[0]
    specification = Specification(specification.inputs, Labels(labels, 1e-3), specification.polytopes)
    said = []
    found = propose(problem(deep, specification, 2), said.append)
    assert isinstance(found, Found) and any("one side" in line for line in said)
    assert check_points(deep, specification, Level.FLOAT64, found.change.changed).regions == 3


def test_from_the_first_layer_on_it_is_the_repair_of_one_layer(deep):
    specification = boxes(deep, np.random.default_rng(8).normal(size=(1, 3)), side=0.05)
    one, other = (method(problem(deep, specification, 0), quiet) for method in (propose, polytopes.propose))
    assert isinstance(one, Found) and one.change.changed.keys() == other.change.changed.keys()
    assert all(np.array_equal(one.change.changed[name], other.change.changed[name]) for name in one.change.changed)

"""Regions: which networks have them, and when a network is affine in one."""

import numpy as np
import pytest

from netmend.core.errors import UnsupportedModel, UsageError
from netmend.network.evaluate import run
from netmend.network.load import load
from netmend.repairs.weights.certify import Level, check_points
from netmend.repairs.weights.regions import kinks, regions_of, straightened, unbent
from netmend.repairs.weights.specification import Labels, LinearConstraints, Specification

pytest.importorskip("torch")
pytestmark = pytest.mark.torch


def test_kinks_are_named_and_other_bends_refused_by_name(mlp_file):
    (kink,) = kinks(load(mlp_file()).graph, "z1")
    assert (kink.input, kink.output, kink.below) == ("z0", "a0", 0.0)
    assert [each.input for each in kinks(load(mlp_file("Abs")).graph, "y")] == ["z0", "z1"]
    with pytest.raises(UnsupportedModel, match="Tanh is not affine"):
        kinks(load(mlp_file("Tanh")).graph, "y")


def test_what_comes_after_the_tensor_in_question_does_not_matter(mlp_file):
    assert len(kinks(load(mlp_file("Tanh")).graph, "z1")) == 1


def test_the_straightened_network_is_the_network_around_the_centre_and_affine_everywhere(mlp, points):
    found = kinks(mlp.graph, "z1")
    small = points[:1] + 1e-4 * np.random.default_rng(0).normal(size=(4, 4))
    far = np.concatenate([small, points[1:4]])
    graph, feeds = straightened(mlp.graph, {"x": far}, found, regions_of(7, [range(4), range(4, 7)]))
    straight = run(graph, feeds)["z1"]
    assert np.allclose(straight[:4], run(mlp.graph, {"x": far})["z1"][:4], atol=1e-12)
    middle = far[4:].mean(axis=0, keepdims=True)
    assert np.allclose(straight[4:].mean(axis=0), run(mlp.graph, {"x": middle})["z1"][0], atol=1e-12)


def test_regions_are_checked_and_other_points_stand_alone():
    assert [each.tolist() for each in regions_of(4, [range(1, 3)])] == [[1, 2], [0], [3]]
    for wrong in ([range(3, 5)], [range(2), range(1, 3)], [range(1, 1)]):
        with pytest.raises(UsageError, match="region"):
            regions_of(4, wrong)


def test_one_sign_must_hold_at_every_vertex_beyond_the_error():
    values = np.array([[1.0, -1.0], [2.0, -0.1], [1.0, 1.0], [1.0, -1.0]])
    regions = (np.array([0, 1]), np.array([2, 3]))
    assert unbent(values, None, regions).tolist() == [True, False]
    assert unbent(values, np.full((4, 2), 0.2), regions).tolist() == [False, False]


def test_a_bent_region_is_not_proved_though_its_vertices_are_right(mlp):
    random = np.random.default_rng(0)
    for _ in range(100):  # a wide segment with one class at both ends
        ends = 3 * random.normal(size=(2, 4))
        classes = run(mlp.graph, {"x": ends})["z1"].argmax(axis=1)
        if classes[0] == classes[1]:
            break
    specification = Specification(ends, Labels(classes, 1e-6), (range(2),))
    apart = check_points(mlp, Specification(ends, Labels(classes, 1e-6)), Level.FLOAT64)
    whole = check_points(mlp, specification, Level.FLOAT64)
    assert apart.proved.all() and not whole.proved.any() and not whole.evaluated.any()
    assert "0 of 1 whole regions proved" in whole.sentence()
    near = Specification(ends[:1] + np.array([[0.0] * 4, [1e-6] * 4]), Labels(classes, 1e-6), (range(2),))
    assert check_points(mlp, near, Level.FLOAT64).regions == 1


def test_all_vertices_of_a_region_choose_the_same_alternative(mlp, points):
    outputs = run(mlp.graph, {"x": points[:2]})["z1"]
    low, high = outputs.min(axis=0), outputs.max(axis=0)
    one = np.argmax(outputs[0] - outputs[1])
    other = np.argmax(outputs[1] - outputs[0])
    a = np.eye(3)[[one, other]]
    b = np.array([(low[one] + high[one]) / 2, (low[other] + high[other]) / 2])
    clause = np.zeros(2, dtype=np.int64)
    for groups, expected in ((None, True), (np.zeros(2, dtype=np.int64), False)):
        requirement = LinearConstraints(a, b, 2, clause, groups)
        found = check_points(mlp, Specification(points[:2], requirement), Level.FLOAT64)
        exact = check_points(mlp, Specification(points[:2], requirement), Level.EXACT)
        assert bool(found.proved.all()) is expected and bool(exact.proved.all()) is expected

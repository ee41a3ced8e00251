import numpy as np
import pytest

from bench.weights.catalogue import SUBJECTS

pytestmark = pytest.mark.torch


@pytest.fixture
def net():
    found = SUBJECTS["acasxu-2-9"]
    if found.missing:
        pytest.skip("the folder of real networks and data is not here")
    return found


def test_points_break_the_property_in_the_network_s_own_runtime(net):
    case = net.make("points", 20, 0)
    given, network = case.subject.specification, case.subject.network
    answers = network.run(given.inputs)
    assert np.all(answers.argmin(axis=1) >= 2) and np.all(given.requirement.slack(answers.astype(np.float64)) < 0)
    assert not case.unseen.right(network.run(case.unseen.inputs)).any()
    assert case.reporting.right(network.run(case.reporting.inputs)).all()


def test_the_requirement_is_that_one_of_two_advisories_is_the_lowest(net):
    requirement = net.make("points", 10, 0).subject.specification.requirement
    outputs = np.random.default_rng(0).normal(size=(10, 5))
    assert np.array_equal(requirement.slack(outputs) >= 0, np.isin(outputs.argmin(axis=1), (0, 1)))


def test_a_region_is_a_box_around_its_point_within_the_property_s(net):
    points = net.make("points", 10, 0).subject.specification.inputs
    given = net.make("regions", 5, 0).subject.specification
    assert given.polytopes == tuple(range(32 * at, 32 * at + 32) for at in range(5))
    for region, point in zip(given.polytopes, points[:5], strict=True):
        corners = given.inputs[region.start : region.stop]
        assert np.all(corners.min(axis=0) <= point + 1e-6) and np.all(point <= corners.max(axis=0) + 1e-6)
        assert np.all(np.ptp(corners, axis=0) <= 0.05 + 1e-6) and len(np.unique(corners, axis=0)) == 32


def test_the_property_is_read_from_vnnlib_as_it_is_meant(net):
    given = net.make("regions", 2, 0).subject.specification
    outputs = np.random.default_rng(0).normal(size=(64, 5))
    slack = given.requirement.slack(outputs).reshape(2, 32)
    # One alternative for all vertices of a box, so that a vertex may hold by itself and not with the others.
    assert np.all(slack.reshape(-1)[~np.isin(outputs.argmin(axis=1), (0, 1))] < 0)

import numpy as np
import pytest

from bench.weights.catalogue import SUBJECTS
from bench.weights.subjects.mnist import ANGLES

pytestmark = pytest.mark.torch


@pytest.fixture
def net():
    found = SUBJECTS["3x100"]
    if found.missing:
        pytest.skip("the folder of real networks and data is not here")
    return found


def flat(inputs):
    return {each.tobytes() for each in inputs}


def test_no_input_is_in_two_parts_and_the_points_are_wrong_before(net):
    case = net.make("fog", 50, 0)
    parts = [case.subject.specification.inputs, case.choosing.inputs, case.reporting.inputs, case.unseen.inputs]
    assert sum(map(len, parts)) == len(set().union(*map(flat, parts)))
    wanted = case.subject.specification.requirement.labels
    network = case.subject.network
    # Of foggy digits this network gets 0.174 right, of clean ones 0.964 (as the data's description says).
    assert np.mean(network.run(case.subject.specification.inputs).argmax(axis=1) == wanted) < 0.4
    assert np.mean(network.run(case.subject.clean).argmax(axis=1) == wanted) > 0.9


def test_a_region_is_one_digit_at_every_angle(net):
    case = net.make("rotated", 2, 0)
    specification, fog = case.subject.specification, net.make("fog", 2, 0).subject.specification
    assert specification.polytopes == (range(7), range(7, 14)) and len(specification) == 2 * len(ANGLES)
    middle = specification.inputs[[3, 10]]
    assert np.allclose(middle, fog.inputs, atol=1e-6)
    assert specification.requirement.labels.tolist() == np.repeat(fog.requirement.labels, 7).tolist()

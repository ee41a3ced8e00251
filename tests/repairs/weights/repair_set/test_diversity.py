"""Entropies, spread, volume and coverage, by hand."""

import numpy as np

from netmend.repairs.weights.repair_set.diversity import measure


def test_entropies_are_shares_of_the_largest_possible(look_at, cloud):
    found = measure(look_at(cloud(4, 2), [0, 0, 1, 1], predicted=[1, 1, 0, 2])).values
    assert found["wanted classes"] == 2
    assert np.isclose(found["entropy of wanted classes"], np.log(2) / np.log(3))
    three = -(0.5 * np.log(0.5) + 2 * 0.25 * np.log(0.25))
    assert np.isclose(found["entropy of predicted classes"], three / np.log(3))
    assert np.isclose(found["entropy of confusions"], three / np.log(6))


def test_spread_and_volume_are_relative_to_ordinary_inputs(look_at, cloud):
    points, ordinary = cloud(6, 3), cloud(40, 3, 1) + 2
    found = measure(look_at(points, [0, 1, 2, 0, 1, 2], reference_features=ordinary)).values

    def mean(some):
        return np.mean([np.linalg.norm(a - b) for i, a in enumerate(some) for b in some[:i]])

    assert np.isclose(found["mean distance"], mean(points))
    assert np.isclose(found["spread"], mean(points) / mean(ordinary[:6]))
    centred = points - points.mean(axis=0)
    size = np.mean([row @ row for row in ordinary]) / 3
    eigenvalues = np.linalg.eigvalsh(centred.T @ centred / size)
    assert np.isclose(found["log-det"], np.log(1 + eigenvalues).sum() / 6)


def test_coverage_is_the_share_of_groups_that_are_met(look_at, cloud):
    groups = 10.0 * np.arange(20)[:, None] * [1, 0]
    ordinary = np.concatenate([group + cloud(5, 2, at, 0.01) for at, group in enumerate(groups)])
    points = groups[[0, 0, 3, 7, 19]]
    assert measure(look_at(points, [0, 1, 2, 0, 1], reference_features=ordinary)).values["coverage"] == 4 / 20


def test_without_ordinary_inputs_it_is_said_what_is_left_out(look_at, cloud):
    found = measure(look_at(cloud(4, 2), [0, 1, 2, 0]))
    assert set(found.skipped) == {"spread", "log-det", "coverage"} and "spread" not in found.values


def test_one_wanted_class_is_worth_a_sentence_if_there_are_enough_points(look_at, cloud):
    (finding,) = measure(look_at(cloud(5, 2), [2] * 5)).findings
    assert finding.name == "one-wanted-class" and "class 2" in finding.message
    assert not measure(look_at(cloud(4, 2), [2] * 4)).findings

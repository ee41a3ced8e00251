"""Points that coincide, pair by pair."""

import numpy as np

from netmend.repairs.weights.repair_set.contradictions import measure
from netmend.repairs.weights.specification import Intervals, Specification


def test_pairs_are_counted_and_contradictions_named(look_at, cloud):
    points = cloud(20, 5)
    points[7], points[9], points[11] = points[3], points[4], points[4] + 1e-9
    labels = np.arange(20) % 3
    labels[[3, 7]], labels[[4, 9, 11]] = (0, 0), (1, 1, 2)
    found = measure(look_at(points, labels))
    slow = [(i, j) for j in range(20) for i in range(j) if np.linalg.norm(points[i] - points[j]) < 1e-7]
    assert found.values["coinciding points"] == len(slow) == 4
    assert found.values["contradictions"] == sum(labels[i] != labels[j] for i, j in slow) == 2
    assert "4 and 11" in found.findings[0].message and found.findings[0].severity == 0.9


def test_the_nearest_contradiction_is_relative_to_the_mean_distance(look_at, cloud):
    points, labels = cloud(10, 3), np.arange(10) % 2
    pairs = [(i, j) for j in range(10) for i in range(j)]
    length = {(i, j): np.linalg.norm(points[i] - points[j]) for i, j in pairs}
    nearest = min(length[i, j] for i, j in pairs if labels[i] != labels[j])
    found = measure(look_at(points, labels))
    assert np.isclose(found.values["nearest contradiction"], nearest / np.mean(list(length.values())))
    assert not found.findings


def test_intervals_contradict_where_they_do_not_meet(look_at):
    from dataclasses import replace

    look = look_at(np.ones((3, 2)), [0, 0, 0])
    low, high = np.array([[0.0], [0.5], [2.0]]), np.array([[1.0], [1.5], [3.0]])
    look = replace(look, specification=Specification(look.specification.inputs, Intervals(low, high)))
    assert measure(look).values["contradictions"] == 2


def test_one_point_contradicts_nothing(look_at):
    assert measure(look_at(np.ones((1, 2)), [0])).values["contradictions"] == 0

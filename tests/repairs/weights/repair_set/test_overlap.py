"""Overlap with other inputs, one by one."""

import numpy as np

from netmend.repairs.weights.repair_set.overlap import measure, shared


def test_points_that_are_elsewhere_are_counted(look_at, cloud):
    points, ordinary = cloud(6, 3).astype(np.float32), cloud(10, 3, 1).astype(np.float32)
    points[5] = points[0]
    ordinary[[2, 3]] = points[[1, 1]]
    held_out = np.concatenate([points[[0, 4]], ordinary])
    found = measure(look_at(points, np.zeros(6, int), reference_features=ordinary, held_out=held_out))
    assert found.values["repeated points"] == 1
    assert found.values["points among reference inputs"] == 1
    # Points 0, 4, 5 (equal to 0) and 1.
    assert found.values["points among held-out inputs"] == 4
    assert found.findings[0].name == "points-among-reference" and found.findings[0].measured == 1


def test_nearness_is_relative_to_ordinary_neighbours(look_at, cloud):
    points, ordinary = cloud(6, 3) + 3, cloud(10, 3, 1)
    found = measure(look_at(points, np.zeros(6, int), reference_features=ordinary))
    own = np.mean([min(np.linalg.norm(a - b) for b in ordinary) for a in points])
    theirs = np.mean(
        [min(np.linalg.norm(a - b) for j, b in enumerate(ordinary) if j != i) for i, a in enumerate(ordinary)]
    )
    assert np.isclose(found.values["nearness"], own / theirs) and not found.findings


def test_inputs_with_names_are_compared_whole():
    one = {"a": np.array([1.0, 2.0]), "b": np.array([1, 1])}
    other = {"a": np.array([1.0, 2.0]), "b": np.array([1, 2])}
    assert shared(one, other) == 1


def test_without_ordinary_inputs_nearness_is_left_out(look_at, cloud):
    assert "nearness" in measure(look_at(cloud(4, 2), [0, 1, 2, 0])).skipped

"""Distances, one pair at a time."""

import numpy as np

from netmend.repairs.weights.repair_set._geometry import distances, drawn, mean_distance, nearest_distance


def test_distances_are_those_of_pairs(cloud):
    one, other = cloud(7, 4) + 1000, cloud(9, 4, 1) + 1000
    slow = [[np.linalg.norm(a - b) for b in other] for a in one]
    assert np.allclose(distances(one, other), slow)


def test_means_leave_out_a_point_with_itself(cloud):
    points = cloud(6, 3)
    pairs = [[np.linalg.norm(a - b) for j, b in enumerate(points) if j != i] for i, a in enumerate(points)]
    assert np.isclose(mean_distance(points), np.mean(pairs))
    assert np.isclose(nearest_distance(points), np.mean([min(row) for row in pairs]), atol=1e-6)
    assert mean_distance(points[:1]) == 0


def test_wide_points_are_compared_in_smaller_numbers():
    assert len(drawn(np.zeros((50, 3)), 0)) == 50 and len(drawn(np.zeros((1500, 3)), 0)) == 1000
    wide = drawn(np.broadcast_to(0.0, (500, 200_000)), 0)
    assert len(wide) == 100 and len(set(wide)) == 100


def test_turned_points_keep_their_distances_and_lengths():
    from netmend.repairs.weights.repair_set._geometry import turned

    random = np.random.default_rng(0)
    points, others = random.normal(size=(4, 5000)).astype(np.float32), random.normal(size=(3, 5000))
    found, rest = turned(points, others)
    assert found.shape == (4, 7) and rest.shape == (3, 7)
    before, after = np.concatenate([points, others]), np.concatenate([found, rest])
    assert np.allclose(after @ after.T, before @ before.T, rtol=1e-9)
    assert turned(points[:, :10], None)[0].shape == (4, 10)

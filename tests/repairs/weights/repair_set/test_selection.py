"""Subsets that stand for a set, against trying every next point."""

import itertools

import numpy as np

from netmend.repairs.weights.repair_set._selection import cells, greedy_log_det, k_centre, stratified


def volume(points, scale):
    return np.linalg.slogdet(np.eye(len(points)) + points @ points.T / scale)[1]


def test_each_point_adds_most_to_the_log_det(cloud):
    points, chosen = cloud(12, 3), []
    order, explained = greedy_log_det(points, 0.7)
    whole = np.eye(12) + points @ points.T / 0.7
    for at, share in zip(order, explained, strict=True):
        before = volume(points[chosen], 0.7) if chosen else 0.0
        options = {i: volume(points[[*chosen, i]], 0.7) - before for i in range(12) if i not in chosen}
        assert np.isclose(options[at], max(options.values()))
        chosen.append(int(at))
        left = whole - whole[:, chosen] @ np.linalg.inv(whole[np.ix_(chosen, chosen)]) @ whole[chosen]
        assert np.isclose(share, 1 - np.trace(left) / np.trace(whole))
    assert sorted(chosen) == list(range(12))


def test_k_centre_is_within_twice_of_the_best(cloud):
    points = cloud(9, 2)

    def farthest(chosen):
        return max(min(np.linalg.norm(point - points[at]) for at in chosen) for point in points)

    best = min(farthest(chosen) for chosen in itertools.combinations(range(9), 3))
    found = k_centre(points, 3)
    assert len(set(found)) == 3 and farthest(found) <= 2 * best
    assert len(k_centre(points, 50)) == 9


def test_every_beginning_of_a_stratified_order_is_even():
    strata = ["a"] * 10 + ["b"] * 5 + ["c"] * 2
    order = [strata[at] for at in stratified(strata, 0)]
    assert sorted(order) == sorted(strata)
    for end in range(1, 7):
        counts = [order[:end].count(each) for each in "abc"]
        assert max(counts) - min(counts) <= 1


def test_cells_find_separate_groups(cloud):
    groups = np.concatenate([cloud(20, 2, seed, 0.01) + place for seed, place in enumerate(([0, 0], [5, 0], [0, 5]))])
    centres = cells(groups, 3)
    means = [groups[at : at + 20].mean(axis=0) for at in (0, 20, 40)]
    assert all(min(np.linalg.norm(centre - mean) for centre in centres) < 1e-9 for mean in means)

"""Subsets and batches of violated points."""

import numpy as np

from netmend.repairs.weights.repair_set.recommend import measure


def test_few_points_stand_for_copies_of_them(look_at, cloud):
    originals = cloud(5, 60, scale=10.0)
    points = np.repeat(originals, 8, axis=0) + cloud(40, 60, 1, 0.01)
    found = measure(look_at(points, np.arange(40) % 3))
    size = int(found.values["points for 90 % of the variance"])
    assert size in (4, 5, 6) and len({at // 8 for at in found.points["greedy log-det"]}) == min(size, 5)
    assert found.findings[0].name == "subset-may-do" and f"{size} of 40" in found.findings[0].message


def test_a_subset_explains_the_share_it_says_and_one_point_less_does_not(look_at, cloud):
    points = cloud(30, 60)
    found = measure(look_at(points, np.arange(30) % 3))
    centred = points - points.mean(axis=0)
    whole = np.eye(30) + centred @ centred.T / np.mean(centred**2)

    def explained(chosen):
        chosen = list(chosen)
        return np.trace(whole[:, chosen] @ np.linalg.solve(whole[np.ix_(chosen, chosen)], whole[chosen]))

    greedy = found.points["greedy log-det"]
    assert explained(greedy) >= 0.9 * np.trace(whole) > explained(greedy[:-1])
    assert not found.findings


def test_only_violated_points_are_recommended(look_at, cloud):
    labels = np.arange(30) % 3
    predicted = np.where(np.arange(30) < 10, labels, (labels + 1) % 3)
    found = measure(look_at(cloud(30, 60), labels, predicted))
    assert all(min(chosen) >= 10 for chosen in found.points.values())


def test_stratified_subsets_hold_every_confusion(look_at, cloud):
    labels = np.array([0] * 20 + [1] * 6 + [2] * 4)
    chosen = measure(look_at(cloud(30, 60), labels)).points["stratified"]
    assert set(labels[list(chosen)][:3]) == {0, 1, 2}


def test_batches_are_no_larger_than_features_allow_and_hold_every_point_once(look_at, cloud):
    labels = np.arange(30) % 2
    found = measure(look_at(cloud(30, 9), labels))
    assert found.values["batches"] == 3
    batches = [found.points[f"batch {at}"] for at in (1, 2, 3)]
    assert sorted(point for batch in batches for point in batch) == list(range(30))
    assert all(len(batch) <= 10 and abs(labels[list(batch)].mean() - 0.5) <= 0.1 for batch in batches)
    assert measure(look_at(cloud(10, 9), labels[:10])).values["batches"] == 1


def test_equal_points_have_no_subset(look_at):
    assert "subset" in measure(look_at(np.ones((5, 3)), [0] * 5)).skipped

"""NSGA-II on rows, against comparing every pair."""

import numpy as np

from netmend.search._nsga2 import crowding, dominated, fronts, pareto_front


def beats(one, other):
    return all(a <= b for a, b in zip(one, other, strict=True)) and any(a < b for a, b in zip(one, other, strict=True))


def some_values(seed=0):
    """With ties."""
    return np.random.default_rng(seed).integers(6, size=(40, 3)).astype(float)


def test_dominance_is_that_of_every_pair():
    values = some_values()
    assert np.array_equal(dominated(values), [[beats(other, one) for other in values] for one in values])


def test_no_member_of_a_front_is_dominated_once_the_earlier_fronts_are_gone():
    values = some_values(1)
    ranks = fronts(values)
    assert ranks.min() == 0
    for index, rank in enumerate(ranks):
        earlier = {other for other, its in enumerate(ranks) if its < rank}
        beaten_by = {other for other, value in enumerate(values) if beats(value, values[index])}
        assert beaten_by <= earlier
        assert rank == 0 or any(ranks[other] == rank - 1 for other in beaten_by)


def test_crowding_is_the_distance_between_the_neighbours_and_infinite_at_the_ends():
    assert crowding(np.array([[0.0, 10], [1, 6], [4, 5], [10, 0]])).tolist() == [
        np.inf,
        4 / 10 + 5 / 10,
        9 / 10 + 6 / 10,
        np.inf,
    ]


CHOICES = (0, 0, 4)


def two_bowls(rows):
    """Least at 0.2 and at 0.8 of the first gene; the second should be 0.5 and the choice 1 in both."""
    off = (rows[:, 1] - 0.5) ** 2 + (rows[:, 2] != 1)
    return np.column_stack([(rows[:, 0] - 0.2) ** 2 + off, (rows[:, 0] - 0.8) ** 2 + off])


def population(rng, size=40):
    return np.column_stack([rng.random((size, 2)), rng.integers(4, size=size)])


def search(seed, settle=lambda rows: rows):
    rng = np.random.default_rng(seed)
    return pareto_front(two_bowls, settle(population(rng)), CHOICES, generations=60, rng=rng, settle=settle)


def test_the_front_of_two_bowls_is_the_line_between_them():
    front = search(seed=0)
    assert len(front) > 20
    assert (front[:, 2] == 1).all() and np.abs(front[:, 1] - 0.5).max() < 0.1
    assert front[:, 0].min() < 0.25 and front[:, 0].max() > 0.75
    assert ((front[:, 0] > 0.15) & (front[:, 0] < 0.85)).all()


def test_rows_stay_in_the_box_and_are_settled():
    def tenths(rows):
        return np.column_stack([np.round(rows[:, 0], 1), rows[:, 1:]])

    front = search(seed=1, settle=tenths)
    assert ((front[:, :2] >= 0) & (front[:, :2] <= 1)).all() and set(front[:, 2]) <= {0, 1, 2, 3}
    assert set(front[:, 0]) <= set(np.round(np.arange(11) / 10, 1))


def test_the_front_holds_no_row_twice():
    front = search(seed=2)
    assert len(np.unique(front, axis=0)) == len(front)


def test_each_row_is_evaluated_once_so_that_noise_is_not_drawn_again():
    seen = []

    def once(rows):
        seen.extend(map(tuple, rows))
        return two_bowls(rows)

    rng = np.random.default_rng(3)
    pareto_front(once, population(rng), CHOICES, generations=5, rng=rng, settle=lambda rows: np.round(rows, 2))
    in_the_last = len(seen) - len(set(seen))
    assert in_the_last < len(seen) / 10  # only rows that had been dropped can come back

"""TPE learns from losses and from failures."""

import pytest

from netmend.search._base import Dimension, Problem
from netmend.search.tpe import KIND

pytest.importorskip("optuna")
BOX = (Dimension("x", low=0.0, high=1.0), Dimension("loss", choices=("a", "b", "c", "d")))


def asked(loss, seed, asks=40):
    sampler = KIND.make(Problem(BOX, seed))
    points = []
    for _ in range(asks):
        ask = sampler.ask()
        sampler.tell(ask, loss(ask.point))
        points.append(ask.point)
    return points


def test_points_gather_where_losses_are_small():
    """Of 20 even draws 5 would have the right choice and 8 a near number."""
    found = [asked(lambda point: (point["x"] - 0.2) ** 2 + (point["loss"] != "b"), seed)[20:] for seed in range(5)]
    assert sum(point["loss"] == "b" for points in found for point in points) > 5 * 1.6 * 5
    assert sum(abs(point["x"] - 0.2) < 0.2 for points in found for point in points) > 5 * 1.6 * 8


@pytest.mark.parametrize("scale", [1.0, -1.0, 1e6], ids=["error", "accuracy", "great"])
def test_values_that_fail_are_left_whatever_the_size_of_other_losses(scale):
    for seed in range(3):
        points = asked(lambda point: None if point["loss"] in "ab" else scale * (2 + point["x"]), seed)
        assert sum(point["loss"] in "ab" for point in points[20:]) < 7

"""Even draws are even on the scale of their dimension."""

from netmend.search._base import Dimension, Problem
from netmend.search.random import KIND

BOX = (
    Dimension("rate", low=1e-6, high=1.0, log=True),
    Dimension("linear", low=1e-6, high=10.0),
    Dimension("units", low=-1, high=1, whole=True),
    Dimension("loss", choices=("a", "b")),
)


def test_draws_are_even_on_the_scale_of_each_dimension():
    sampler = KIND.make(Problem(BOX, seed=3))
    points = [sampler.ask().point for _ in range(3000)]

    def share(holds):
        return sum(map(holds, points)) / len(points)

    # Chances by definition; 0.03 is over three standard deviations of a share among 3,000.
    assert abs(share(lambda point: point["rate"] < 1e-3) - 1 / 2) < 0.03
    assert abs(share(lambda point: point["linear"] > 1) - 9 / 10) < 0.03
    assert abs(share(lambda point: point["loss"] == "a") - 1 / 2) < 0.03
    for units in (-1, 0, 1):
        assert abs(share(lambda point, units=units: point["units"] == units) - 1 / 3) < 0.03


def test_what_is_told_changes_nothing():
    told, silent = KIND.make(Problem(BOX, seed=3)), KIND.make(Problem(BOX, seed=3))
    for _ in range(5):
        ask = told.ask()
        assert ask == silent.ask()
        told.tell(ask, 0.5)

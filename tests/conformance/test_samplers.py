"""Every sampler keeps the contract of the folder."""

import math
from importlib.util import find_spec

import pytest

from netmend.core.discover import contributions
from netmend.search._base import Dimension, Problem, SamplerKind

SAMPLERS = contributions("netmend.search", SamplerKind)
BOX = (
    Dimension("activation", choices=("relu", "softmax", None, True)),
    Dimension("rate", low=1e-6, high=1.0, log=True),
    Dimension("units", low=-3, high=3, whole=True),
    Dimension("batch", low=1, high=512, log=True, whole=True),
    Dimension("dropout", low=0.0, high=0.5),
)
START = {"activation": "softmax", "rate": 0.9, "units": 2, "batch": 500, "dropout": 0.0}


@pytest.fixture(params=SAMPLERS.values(), ids=list(SAMPLERS))
def kind(request):
    missing = [name for name in request.param.value.requires if find_spec(name) is None]
    if missing:
        pytest.skip(f"needs {', '.join(missing)}")
    return request.param.value


def quadratic(point):
    """Least at relu, 1e-3, 0 and 32; the start is far from it in every coordinate."""
    rate, batch = math.log10(point["rate"]) + 3, math.log2(point["batch"]) - 5
    return (point["activation"] != "relu") + rate**2 / 9 + point["units"] ** 2 / 9 + batch**2 / 16


def play(kind, loss, asks=12, under_way=1, **problem):
    """The asks in order, told in order with so many under way."""
    sampler = kind.make(Problem(BOX, **{"seed": 1, "start": START, **problem}))
    asked, waiting = [], []
    while len(asked) < asks:
        ask = sampler.ask()
        if ask is not None:
            asked.append(ask)
            waiting.append(ask)
        if ask is None or len(waiting) >= under_way:
            told = waiting.pop(0)
            sampler.tell(told, loss(told.point))
    return asked


def test_the_start_comes_first_as_it_is_and_at_full_fidelity(kind):
    first = play(kind, quadratic, asks=1, fidelities=(1 / 9, 1 / 3, 1.0))[0]
    assert dict(first.point) == START and first.fidelity == 1 and first.resume is None


def test_points_lie_in_the_box_and_are_numbered_apart(kind):
    asked = play(kind, quadratic)
    assert len({ask.number for ask in asked}) == len(asked)
    for ask in asked:
        assert set(ask.point) == {dimension.name for dimension in BOX}
        for dimension in BOX:
            value = ask.point[dimension.name]
            if dimension.choices:
                assert any(value is choice or value == choice for choice in dimension.choices)
            else:
                assert dimension.low <= value <= dimension.high
                assert type(value) is (int if dimension.whole else float)


def test_without_a_start_it_begins_anywhere_in_the_box(kind):
    points = [dict(ask.point) for ask in play(kind, quadratic, asks=6, start=None)]
    assert points[0] != START and len({str(point) for point in points}) > 3


@pytest.mark.parametrize("under_way", [1, 3])
def test_the_same_answers_in_the_same_order_give_the_same_points(kind, under_way):
    first, second = (play(kind, quadratic, under_way=under_way) for _ in range(2))
    assert first == second
    assert play(kind, quadratic, asks=4, seed=2) != first[:4]


def test_points_asked_while_others_are_under_way_are_different_ones(kind):
    sampler = kind.make(Problem(BOX, seed=1, start=START))
    points = [str(ask.point) for ask in (sampler.ask() for _ in range(4)) if ask is not None]
    assert len(set(points)) == len(points) >= 1


def test_it_goes_on_where_points_cannot_be_evaluated(kind):
    every_third = iter(range(1000))
    asked = play(kind, lambda point: None if next(every_third) % 3 else quadratic(point))
    assert len(asked) == len(play(kind, lambda point: None)) == 12


def test_it_finds_a_better_point_than_the_start(kind):
    for seed in range(2):
        assert min(quadratic(ask.point) for ask in play(kind, quadratic, seed=seed)) < 0.7 * quadratic(START)


def test_one_dimension_is_enough(kind):
    for dimension in BOX:
        problem = Problem((dimension,), seed=0, start={dimension.name: START[dimension.name]})
        sampler = kind.make(problem)
        for _ in range(4):
            ask = sampler.ask()
            sampler.tell(ask, float(ask.point != problem.start))


def test_fidelities_are_those_that_make_sense(kind):
    shares = (1 / 9, 1 / 3, 1.0)
    asked = play(kind, quadratic, asks=16, fidelities=shares)
    by_number = {ask.number: ask for ask in asked}
    for ask in asked:
        assert ask.fidelity in shares
        if ask.resume is not None:
            earlier = by_number[ask.resume]
            assert earlier.point == ask.point and earlier.fidelity < ask.fidelity

"""Brackets have the published sizes, and promote exactly the best third."""

import random

import pytest

from netmend.search._base import Dimension, Problem
from netmend.search.hyperband import KIND, Brackets, brackets

BOX = (Dimension("x"),)
SHARES = tuple(3.0**-power for power in (4, 3, 2, 1, 0))
# Li et al., JMLR 18, 2018, table 1: eta 3, R 81; pairs of n and r.
TABLE = [
    [(81, 1), (27, 3), (9, 9), (3, 27), (1, 81)],
    [(27, 3), (9, 9), (3, 27), (1, 81)],
    [(9, 9), (3, 27), (1, 81)],
    [(6, 27), (2, 81)],
    [(5, 81)],
]


def played(sampler, loss, asks):
    """Each ask with its loss, one at a time."""
    history = []
    for _ in range(asks):
        ask = sampler.ask()
        history.append((ask, loss(ask)))
        sampler.tell(*history[-1])
    return history


def one_round(loss):
    return played(
        KIND.make(Problem(BOX, seed=0, fidelities=SHARES)),
        loss,
        sum(count for rungs in TABLE for count, _ in rungs),
    )


def test_brackets_are_those_of_the_published_table():
    assert [[(count, round(81 * share)) for share, count in rungs] for rungs in brackets(SHARES)] == TABLE


def test_a_round_asks_what_the_table_says_in_its_order():
    asked = iter(one_round(lambda ask: ask.point["x"]))
    for rungs in TABLE:
        for count, work in rungs:
            assert [round(81 * next(asked)[0].fidelity) for _ in range(count)] == [work] * count


def test_promoted_is_exactly_the_best_third():
    noise = random.Random(1)
    history = iter(one_round(lambda ask: noise.random()))
    for rungs in TABLE:
        below = []
        for count, _ in rungs:
            rung = [next(history) for _ in range(count)]
            best = sorted(loss for _, loss in below)[:count]
            assert sorted(loss for ask, loss in below if ask.number in {up.resume for up, _ in rung}) == best
            below = rung


def test_work_is_resumed_for_the_same_point_one_rung_below():
    history = one_round(lambda ask: -ask.point["x"])
    by_number = {ask.number: ask for ask, _ in history}
    promoted = [ask for ask, _ in history if ask.resume is not None]
    assert len(promoted) == sum(count for rungs in TABLE for count, _ in rungs[1:])
    for ask in promoted:
        below = by_number[ask.resume]
        assert below.point == ask.point and SHARES.index(below.fidelity) == SHARES.index(ask.fidelity) - 1


@pytest.mark.parametrize("failure", [None, float("nan"), float("inf")])
def test_a_failed_point_is_not_promoted_even_if_its_place_stays_empty(failure):
    history = played(
        KIND.make(Problem(BOX, seed=0, fidelities=(1 / 3, 1.0))), lambda ask: failure if ask.number != 1 else 0.5, 8
    )
    # Three points begin; the one that is fine goes up, and then the next bracket begins.
    assert [(ask.fidelity, ask.resume) for ask, _ in history[:5]] == [
        (1 / 3, None),
        (1 / 3, None),
        (1 / 3, None),
        (1.0, 1),
        (1.0, None),
    ]


def test_while_answers_are_awaited_the_next_bracket_begins():
    sampler = KIND.make(Problem(BOX, seed=0, fidelities=(1 / 3, 1.0)))
    asked = [sampler.ask() for _ in range(7)]
    # Three points in the first bracket, two whole ones in the second, then a new round: nothing waits.
    assert [ask.fidelity for ask in asked] == [1 / 3] * 3 + [1.0] * 2 + [1 / 3] * 2
    for ask in asked[:3]:
        sampler.tell(ask, ask.point["x"])
    best = min(asked[:3], key=lambda ask: ask.point["x"])
    promoted = sampler.ask()
    assert (promoted.fidelity, promoted.resume, promoted.point) == (1.0, best.number, best.point)


def test_the_start_is_asked_first_in_full_and_belongs_to_no_bracket():
    sampler = KIND.make(Problem(BOX, seed=0, start={"x": 0.25}, fidelities=SHARES))
    history = played(sampler, lambda ask: ask.point["x"], 82)
    assert history[0][0].point == {"x": 0.25} and history[0][0].fidelity == 1
    assert all(ask.fidelity == SHARES[0] for ask, _ in history[1:])


def test_with_one_fidelity_every_point_is_new_and_whole():
    drawn = iter(range(100))
    history = played(Brackets(Problem(BOX, seed=0), lambda: {"x": next(drawn)}), lambda ask: ask.point["x"], 20)
    assert [(ask.point["x"], ask.fidelity, ask.resume) for ask, _ in history] == [(i, 1.0, None) for i in range(20)]

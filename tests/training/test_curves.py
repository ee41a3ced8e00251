"""What curves say: learned, broken, still falling."""

from __future__ import annotations

import math

import pytest

from netmend.training.curves import accuracies, broke, has_learned, late_fall, rose, scaled
from netmend.training.symptoms._examples import (
    HEALTHY,
    array,
    classes,
    curves,
    falling,
    healthy,
    healthy_regression,
    healthy_torch,
    sick,
    unlearned,
)
from netmend.training.trace import Trace


@pytest.mark.parametrize("trace", HEALTHY)
def test_healthy_runs_have_learned(trace: Trace) -> None:
    assert has_learned(trace)
    assert not broke(trace)
    assert not rose(trace)


def test_staying_at_chance_is_not_learning() -> None:
    assert not has_learned(unlearned())
    assert not has_learned(healthy_torch(epochs=curves(loss=falling(2.3, 1.9))))
    assert not has_learned(healthy_regression(epochs=curves(loss=falling(1.1, 0.9))))
    assert not has_learned(healthy(epochs=()))


def test_naming_the_commonest_class_is_not_learning() -> None:
    flat = curves(loss=falling(0.6, 0.3), accuracy=(0.9,) * 30)
    assert has_learned(healthy(labels=classes(2, shape=(1,)), epochs=flat)) is not False
    skewed = array(0, 1, integral=True, distinct=2, largest_share=0.9)
    assert not has_learned(healthy(labels=skewed, epochs=flat))


def test_accuracy_means_nothing_for_quantities() -> None:
    trace = healthy_regression(epochs=curves(loss=falling(1.1, 0.2), accuracy=(0.0,) * 30))
    assert accuracies(trace) == ()
    assert has_learned(trace)


def test_one_non_finite_number_breaks_a_run() -> None:
    assert broke(healthy(epochs=curves(loss=(1.0, math.nan))))
    assert broke(healthy(epochs=curves(loss=(1.0, math.inf))))
    assert broke(sick(healthy(), "dense", nonfinite=1))


@pytest.mark.parametrize(
    ("curve", "share"),
    [
        (tuple(100 - epoch for epoch in range(101)), 0.25),
        (tuple(2 ** (-epoch / 10) for epoch in range(40)), 1 / 14),  # halves from quarter to quarter
        (falling(2, 0.1, 0.5, 40), 0.0),
    ],
)
def test_the_late_fall_of_known_shapes(curve: tuple[float, ...], share: float) -> None:
    found = late_fall(curve)
    assert found is not None
    assert found == pytest.approx(share, abs=0.04)
    assert (found > 0.05) == (share > 0.05)


def test_the_late_fall_equals_the_slow_way() -> None:
    curve = (9.0, 7.0, 6.0, 6.5, 4.0, 3.5, 3.0, 2.0)
    before, last = (4.0 + 3.5) / 2, (3.0 + 2.0) / 2
    assert late_fall(curve) == pytest.approx((before - last) / (9.0 - last))


def test_no_late_fall_of_what_did_not_fall() -> None:
    assert late_fall((2.3,) * 20) is None
    assert late_fall((1.0, 2.0, 3.0)) is None
    assert late_fall((2.0, 1.0)) is None
    assert late_fall(()) is None


def test_rates_are_written_as_a_person_would() -> None:
    assert scaled(0.001, 10) == 0.01
    assert scaled(0.001, 0.1) == 0.0001
    assert scaled(0.01, 1 / 3) == 0.00333
